"""A whole role list: which titles are one role in disguise, and how the list stands against the framework.

posts        a file or a partner's folder -> posts, each with its alignment
decided      what people answered earlier -> the same posts with their answers
kinds        a title -> what two titles must share before they can be one role: level, age group, profession
forms        a title -> the words it is compared by, and a house form to show
groups       posts -> groups, each row in exactly one
likeness     groups outside the framework -> those that mean the same by their title vectors
house        a group -> the title we propose, and why
eye          a post in its group -> what a person should look at
rationalise  all of that -> Rationalisation
needs        a role -> its skills, values, bands and professional qualifications, and who says so
coverage     posts and framework -> Coverage

Method and the shape of the answers: docs/decisions/0012-reports-on-a-role-list.md.
"""
