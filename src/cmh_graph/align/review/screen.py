"""The queue -> a terminal: what to decide, and one key for each decision. Plain text, 80 columns, no colours."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cmh_graph.align.review.decide import Decision, Reviewer
from cmh_graph.align.review.keyboard import Keyboard
from cmh_graph.align.review.queue import Choice, Waiting
from cmh_graph.align.review.work import Work
from cmh_graph.errors import BadParameter
from cmh_graph.namespaces import key_of

WIDTH = 80
_SHOWN_TITLES = 5
_SHOWN_CHOICES = 5

KEYS = """\
1-5  accept this role          e  accept as the very same job (exact match)
c    accept as the same kind of job, where "only related" was proposed
n    none of these: no role    x  reject one role, and decide the title later
o    other role, by its name   r  write a reason for your next decision
s    skip, ask me later        u  undo the last decision
p    part these posts          q  stop; everything you decided is saved
?    show the whole reasons"""


@dataclass(slots=True)
class Screen:
    """One sitting. say: prints a line. Raises SourceError if the file was changed by somebody else meanwhile."""

    work: Work
    by: Reviewer
    keyboard: Keyboard
    say: Callable[[str], None]
    only_stale: bool = False
    _reason: str = field(default="", init=False)
    _apart: set[str] = field(default_factory=set, init=False)
    _skipped: set[str] = field(default_factory=set, init=False)

    def run(self) -> int:
        """Ask until the queue is empty or the person stops; gives how many titles still wait."""
        self.say(KEYS)
        while True:
            left = list(self._left())
            if not left:
                break
            if not self._ask(left[0], len(left)):
                break
        wait = sum(len(one.titles) for one in self.work.waiting(only_stale=self.only_stale))
        self.say("")
        self.say(f"{_count(self.work.decided, 'post')} decided now; {_count(wait, 'post')} still to decide.")
        self.say(f"Saved in {self.work.path}")
        return wait

    def _left(self) -> Iterator[Waiting]:
        for one in self.work.waiting(only_stale=self.only_stale):
            for part in self._parted(one):
                if not set(part.subjects) <= self._skipped:
                    yield part

    def _parted(self, one: Waiting) -> list[Waiting]:
        if len(one.titles) == 1 or not set(one.subjects) & self._apart:
            return [one]
        return [
            Waiting(one.wording, (title,), one.choices, one.why_none, one.doubt, one.stale)
            for title in one.titles
        ]

    def _ask(self, one: Waiting, groups: int) -> bool:
        """Show a group and take keys until it is decided or left; False if the person stops."""
        self._show(one, groups)
        while True:
            pressed = self.keyboard.key()
            if pressed in ("", "q", "\x03", "\x04"):
                return False
            try:
                if self._press(one, pressed):
                    return True
            except BadParameter as error:
                self.say(f"  {error.what}")

    def _press(self, one: Waiting, pressed: str) -> bool:
        """What a key does; True if the screen moves on."""
        if pressed.isdigit():
            return self._accept(one, self._choice(one, pressed), "")
        if pressed in ("c", "e"):
            relation = "exact" if pressed == "e" else "close"
            if not one.choices:
                self.say("  Nothing is proposed. Press o to name the role first.")
                return False
            return self._accept(
                one, self._choice(one, self._which(one, f"{relation} match with which number")), relation
            )
        if pressed == "n":
            shown = tuple(choice.target for choice in one.choices)
            self._decide(one, Decision("none", self.by, reason=self._reason, shown=shown), "no role")
            return True
        if pressed == "x":
            choice = self._choice(one, self._which(one, "reject which number"))
            self._decide(
                one, Decision("reject", self.by, choice.target, reason=self._reason), f"not {choice.name}"
            )
            return True
        if pressed == "o":
            return self._other(one)
        if pressed == "r":
            self._reason = self.keyboard.line("  Reason: ").strip()
            self.say("  It goes with your next decision." if self._reason else "  No reason.")
        elif pressed == "s":
            self._skipped |= set(one.subjects)
            return True
        elif pressed == "u":
            return self._undo()
        elif pressed == "p" and len(one.titles) > 1:
            self._apart |= set(one.subjects)
            return True
        elif pressed == "?":
            self.say(KEYS)
            for subject, title in one.titles[_SHOWN_TITLES:]:
                self._lines("", f"{title}  {key_of(subject)}")
            for number, choice in enumerate(one.choices[:_SHOWN_CHOICES], 1):
                self._lines(f"{number}  ", f"{choice.name}: {_reason(choice)}")
        elif pressed.strip():
            self.say("  That key does nothing here. Press ? to see the keys.")
        return False

    # --- decisions ---

    def _accept(self, one: Waiting, choice: Choice, relation: str) -> bool:
        decision = Decision("accept", self.by, choice.target, relation, self._reason)
        self._decide(one, decision, f"{choice.name}{f', {relation} match' if relation else ''}")
        return True

    def _decide(self, one: Waiting, decision: Decision, said: str) -> None:
        self.work.decide(one, decision)
        self._reason = ""
        self.say(f"  -> {said} ({_count(len(one.titles), 'post')}, saved)")

    def _other(self, one: Waiting) -> bool:
        said = self.keyboard.line("  Name or key of the role: ").strip()
        if not said:
            return False
        found = self.work.targets.role(said)
        if found is None:
            near = [role.name for role in self.work.targets.roles() if _alike(said, role.name)]
            self.say(f"  There is no role '{said}'." + (f" Near it: {', '.join(near[:5])}" if near else ""))
            return False
        return self._accept(one, Choice(found.iri, found.name, "", None, ""), "")

    def _undo(self) -> bool:
        back = self.work.undo()
        if back is None:
            self.say("  Nothing to undo in this sitting.")
            return False
        self._skipped -= set(back.subjects)
        self.say(f"  Undone: {back.titles[0][1]}")
        return True

    def _which(self, one: Waiting, question: str) -> str:
        if len(one.choices) == 1:
            return "1"
        self.say(f"  {question}?")
        return self.keyboard.key()

    def _choice(self, one: Waiting, pressed: str) -> Choice:
        if not pressed.isdigit() or not 1 <= int(pressed) <= min(len(one.choices), _SHOWN_CHOICES):
            raise BadParameter(f"There is no number {pressed} here.")
        return one.choices[int(pressed) - 1]

    # --- what is shown ---

    def _show(self, one: Waiting, groups: int) -> None:
        self.say("")
        head = f"{_count(groups, 'question')} left"
        self.say(f"--- {head} ".ljust(WIDTH - 1, "-"))
        for subject, title in one.titles[:_SHOWN_TITLES]:
            key = key_of(subject)
            self.say(f"  {_cut(_safe(title), WIDTH - 5 - len(key[:30]))}  {key[:30]}")
        if len(one.titles) > _SHOWN_TITLES:
            self.say(f"  and {len(one.titles) - _SHOWN_TITLES} more posts of this wording")
        if one.stale:
            self._lines("! ", f"Decided before, but {one.stale}.")
        self.say("")
        if not one.choices:
            self.say("  No role is proposed. Press n if that is right, or o to name one.")
            if one.why_none:
                self._lines("   ", one.why_none, most=3)
        for number, choice in enumerate(one.choices[:_SHOWN_CHOICES], 1):
            sure = "" if choice.confidence is None else f"{choice.confidence:.0%} sure"
            only = ", only related" if choice.predicate.endswith("relatedMatch") else ""
            name = _cut(_safe(choice.name), WIDTH - 8 - len(sure) - len(only)) + only
            self.say(f"  {number}  {name}{sure.rjust(WIDTH - 7 - len(name))}")
            self._lines("   ", _reason(choice), most=2)
        self.say("")
        most = min(len(one.choices), _SHOWN_CHOICES)
        numbers = f"1{f'-{most}' if most > 1 else ''} accept   " if one.choices else ""
        part = "p part   " if len(one.titles) > 1 else ""
        self.say(f"  {numbers}n none   s skip   {part}? more   q stop")

    def _lines(self, start: str, text: str, most: int = 20) -> None:
        """A text below a start, wrapped to the screen; what does not fit ends in an ellipsis."""
        for line in textwrap.wrap(
            _safe(text), WIDTH - 1, initial_indent="  " + start, subsequent_indent=" " * (2 + len(start)),
            max_lines=most, placeholder=" …",
        ):  # fmt: skip
            self.say(line)


def _reason(choice: Choice) -> str:
    """The machine's reason, without the zone that it begins with in a file."""
    zone, colon, rest = choice.why.partition(": ")
    return rest if colon and zone in ("accept", "review") else choice.why


def _safe(text: str) -> str:
    """A text of a file without what would steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _alike(said: str, name: str) -> bool:
    return any(word in name.casefold() for word in said.casefold().split() if len(word) > 3)
