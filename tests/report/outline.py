"""Read a page as its readers do."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Outline(HTMLParser):
    """Read a page: text, attributes, headings, and tags that are not closed as opened."""

    def __init__(self, text):
        super().__init__()
        self.open, self.crossed, self.text = [], [], []
        self.attributes, self.ids, self.headings = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.crossed.append(tag)

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text.append(data)


def words_of(outline):
    return re.sub(r"\s+", " ", " ".join(outline.text)).replace("\xa0", " ")
