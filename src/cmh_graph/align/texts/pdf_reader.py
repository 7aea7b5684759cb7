"""A script: the text of a PDF, one JSON object a page, for files.confined.

It runs in a process of its own and imports nothing of ours, so that a hostile file ends this process only."""

from __future__ import annotations

import json
import logging
import resource
import sys


def main(memory: str, seconds: str, path: str, most_pages: str, most_text: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    logging.disable(logging.CRITICAL)
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    try:
        reader = PdfReader(path, strict=False)
        locked = "the PDF is protected by a password"
        # An empty password opens what is only protected against printing or changing.
        if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
            refuse(locked, "save a copy without a password")
            return
        count = len(reader.pages)
        if count > int(most_pages):
            refuse(
                f"the PDF has {count:,} pages; we read {most_pages}", "give the description of one post alone"
            )
            return
        texts, size = [], 0
        for page in reader.pages:
            texts.append(page.extract_text()[: int(most_text) + 1])
            size += len(texts[-1])
            if size > int(most_text):
                break
        if not any(any(char.isalnum() for char in text) for text in texts):
            refuse(
                "the PDF holds no text, only pictures of its pages",
                "give the document that it was made from, or run text recognition (OCR) on it",
            )
            return
        for text in texts:
            # Half characters, which a broken font map can give, cannot be written.
            print(json.dumps({"text": text.encode("utf-8", "replace").decode("utf-8")}))
    except (DependencyError, FileNotDecryptedError):
        refuse("the PDF is protected by a password or by encryption", "save a copy without protection")
    except LimitReachedError:
        refuse("a page of the PDF unpacks to more than we read")
    except MemoryError:
        refuse(f"reading the PDF takes more than {int(memory) >> 20} MB of memory")
    except RecursionError:
        refuse("the PDF is damaged: its parts lie inside one another without end")
    except Exception:  # pypdf raises whatever a broken file makes it stumble over
        refuse("the PDF is damaged or was cut off")


def refuse(what: str, mend: str = "") -> None:
    print(json.dumps({"refused": what, "mend": mend}))


if __name__ == "__main__":
    main(*sys.argv[1:])
