"""The code of a fixed-asset investment project (全国固定资产投资项目代码), by GB/T 40058-2021.

Four digits of time, six of the region, two of the central department that guides the matter, two
of the kind of project, five that are drawn by lot (随机码) and one that checks: five groups with
hyphens between them, 24 characters, such as 2108-430302-04-01-123456. Source: an answer of the
NDRC on the standard, https://zidonghua.com.cn/news/program/42931.html; 发改投资〔2020〕1439号 has
the same form.

Limit: only the form is judged. How the last digit checks the others, and which departments, kinds
and regions there are, no text that could be read says.
"""

import re

_FORM = re.compile(r"[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}")


def is_project_code(text: str) -> bool:
    """Whether the text has the form of a project's code."""
    return _FORM.fullmatch(text) is not None
