#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Put our text into the cover letter that git format-patch wrote.

    cover-letter.py TEXT MAIL	first line of TEXT: subject; from the third on: body
"""
import sys
from pathlib import Path


def main():
    text, mail = Path(sys.argv[1]), Path(sys.argv[2])
    if not text.exists():
        sys.exit(f"{text}: the series has no cover letter")
    subject, _, body = text.read_text(encoding="utf-8").partition("\n")
    content = mail.read_text(encoding="utf-8")
    mail.write_text(content.replace("*** SUBJECT HERE ***", subject)
                    .replace("*** BLURB HERE ***", body.strip()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
