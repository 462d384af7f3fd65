"""MV-MATH's single answers as references: several forms of one value, a unit behind a formula, a value in a sentence.

All read from the released questions (data/MV-MATH.json), where a person or a model that judges sees what is meant.
"""

from __future__ import annotations

import re

from reward_service.types import Reference

# One value in two forms: "$0.5 \# \# \frac{1}{2}$", "$4 n+2 / 2+4 n$"; "A B / / C D" are parallels.
_FORMS = re.compile(r"\s*\\?#\s*\\?#\s*|(?<!/)\s/\s(?!/)")
_UNIT = re.compile(r"(?P<value>\$[^$]+\$)\s*\(?(?P<square>平方)?(?P<unit>[cdkm]?m)\)?\s*\.?")  # "$2 \sqrt{3}$ m"
# "Length of $D C$ is $\frac{10}{3}$"; one may say what several things are, and all of them are the answer.
_SENTENCE = re.compile(r"[A-Z].* is \$[^$]+\$\.?", re.DOTALL)
_SAID = re.compile(r" is (\$[^$]+\$)")
_NAME = re.compile(r"(?<=^\$).*(?:\\approx|=)\s*")  # of "$C D \approx 2.7$ (m)", so that the unit belongs to a number
_SEVERAL = re.compile(r"\\quad\b")


def single_reference(answer: str, question: str) -> Reference:
    """The reference of a problem with one answer. The first form counts as the answer, others as alternatives."""
    forms = [_balanced(form) for form in _FORMS.split(answer)]
    measured = [_UNIT.fullmatch(form) for form in forms]
    units = {found["unit"] + ("^2" if found["square"] else "") for found in measured if found is not None}
    if len(units) == 1:
        forms = [
            form if found is None else _NAME.sub("", found["value"])
            for form, found in zip(forms, measured, strict=True)
        ]
    if _SEVERAL.search(forms[0]):  # other forms would be of the last value alone
        forms = ["; ".join(f"${part.strip(' $')}$" for part in _SEVERAL.split(forms[0]))]
    if _SENTENCE.fullmatch(answer):
        forms.append("; ".join(_SAID.findall(answer)))
    unit = units.pop() if len(units) == 1 else ""
    return Reference(answer=forms[0], alternatives=tuple(forms[1:]), unit=unit, question=question)


def _balanced(form: str) -> str:
    """A form cut out of `$...$`, with the dollar that it lost."""
    if form.count("$") % 2:
        form = f"{form}$" if form.startswith("$") else f"${form}"
    return form.strip()
