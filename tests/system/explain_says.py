#!/usr/bin/env python3
"""Lint of explanations: every line traceable, nothing that a sensor may never assert. explain_says.py NAME < text; exit 1 with what is wrong.

What no sensor may say by itself: attribution, that an act is force or an armed attack, that a treaty applies, that a response is lawful,
intent, harm to people or things, the circumstance, a decision of a named body, absence of harm, a band above what was confirmed.
What people said is told as theirs, in the section `told`, and is not looked at; titles of sources and positions of States are not either.
"""
import re
import sys

NEVER = [
    (r"\b(is|was|are|were|constitutes?|amounts? to|qualif(y|ies) as) (an? )?(armed attack|use of force|act of (war|force|aggression))\b", "calls an act force or an armed attack"),
    (r"\b(article|art\.?) ?[0-9ivx]+(\(\d\))? (applies|is (met|triggered|invoked))", "says that a treaty applies"),
    (r"\b(applies|is open|are open) now\b", "says what the law opens now"),
    (r"\b(threshold|trigger)s? (is|are|was|has been|have been) (met|crossed|reached)", "finds a threshold met"),
    (r"\b(is|are) (now )?(un)?lawful\b(?! in (itself|every case))", "judges lawfulness"),
    (r"\bnotice (may|can) be skipped\b", "says that notice may be skipped"),
    (r"\b(attack|act|operation|incident)s? (was|were|is|are) (carried out|conducted|ordered|directed|launched) by\b", "attributes"),
    (r"\bperpetrat|\bresponsible is\b|\bwas behind it\b|\bculprit", "attributes"),
    (r"\b(Russian?|Chinese|China|Russia|Iran(ian)?|North Korean?|DPRK|GRU|FSB|SVR|Sandworm|Lazarus)\b", "names somebody as the author of the acts"),
    (r"\b(intend(s|ed)|deliberate(ly)?|in order to|on purpose|aimed to|meant to)\b", "tells intent"),
    (r"\bno (harm|damage|effect|loss) (was|were|has|is)\b|\bnobody was (hurt|harmed)\b|\bnothing (was|is) (broken|damaged|harmed|affected)\b", "tells absence of harm"),
    (r"\b(people|persons|civilians) (were|was) (killed|hurt|injured)\b", "tells harm"),
    (r"\b(the )?(Cabinet|Council|President|Diet|NAC) (has )?(decided|recognised|recognized|invoked|found)\b", "tells a decision of a named body"),
    (r"\b(must|should|shall) (now )?(respond|retaliate|strike|block|attack|disconnect)\b|\bretaliat|\bhack(ing)? back\b|\bstrike back\b", "advises action"),
    (r"\bdeadline\b|\b(was|has been) missed\b", "says that a clock ran out"),
    (r"\bcaused by\b(?! cyberattack \(2018)", "tells a cause"),
]
SECTIONS = "signs where scale told as_told unknown bands raise severity factors support".split()


def joined(text):
    """Lines as before they were wrapped: (indent of the first, words)."""
    out = []
    for line in text.splitlines():
        if not line.strip():
            out.append([0, "", ""])
            continue
        indent = len(line) - len(line.lstrip())
        head = line[2:11].strip() if indent == 2 and len(line) > 10 else ""
        head = head if line[:2] == "  " and head.replace(" ", "_") in SECTIONS else ""
        new = head or line.startswith("EXERCISE ") or (out and not out[-1][1]) or re.match(r" {15}(facts|position on|source)\b", line) \
            or re.match(r" {11}\S", line) or re.match(r"  (conditions of|what would|options to|position|the actor)", line)
        if new or not out:
            out.append([indent, line[11:].strip() if head else line.strip(), head.replace(" ", "_")])
        else:
            out[-1][1] += " " + line.strip()
    return [o for o in out if o[1]]


class Lint:
    def __init__(self, name):
        self.name, self.bad = name, 0

    def say(self, what, line):
        print(f"{self.name}: {what}: {line[:200]}", file=sys.stderr)
        self.bad += 1

    def never(self, line):
        line = re.sub(r"\bwhether [^;,)]*", "", line)  # what is left open is not asserted
        for pattern, what in NEVER:
            m = re.search(pattern, line, re.I if not pattern.startswith(r"\b(Russian") else 0)
            if m:
                self.say(f"{what} (\"{m.group(0)}\")", line)

    def sections(self, lines):
        """Each line with the section it is in."""
        section = ""
        for indent, words, head in lines:
            if head:
                section = head
            elif re.search(r"[A-Z]\S* B\d–B\d, likely B\d; indicative|  B\d–B\d, likely", words):
                section = "party"
            elif words.startswith(("conditions of this pack", "what would change", "options to consider")):
                section = words.split()[0]
            elif words.startswith("The sensor attributes nothing"):
                section = "end"
            elif words.startswith("EXERCISE") and words.endswith("where its facts are from"):
                section = "from"
            yield section, words

    def facts(self, section, words):
        if section == "signs":
            for sign in re.findall(r"[a-z0-9-]+ \([^)]*\)", words):
                if not re.search(r"\(\d+ alerts?\b|\(told, no sensor saw it\)", sign):
                    self.say("a sign that is neither counted nor told", sign)
        elif section == "where" and not words.endswith("(inventory)"):
            self.say("an asset without a source", words)
        elif section == "scale" and not words.startswith("coverage: no sensor") and not re.search(r" \(.+\)$", words):
            self.say("a number without its method", words)
        elif section == "told" and words != "nobody has told anything of this incident" and not re.match(r".+, \d{4}-\d\d-\d\dT[\d:.]+Z \(.+\):", words):
            self.say("a statement without author, time or name", words)

    def entries(self, listed):
        """Conditions, options, instruments, scales: each has a source, conditions the facts they look at."""
        for k, (section, words) in enumerate(listed):
            entry = words.startswith("- ") if section in ("conditions", "options") else section in ("raise", "severity", "factors", "support")
            if not entry or words.startswith(("source:", "facts:", "position on")):
                continue
            below = []
            for s, w in listed[k + 1:]:
                if s != section or not w.startswith(("source:", "facts:", "position on")):
                    break
                below.append(w.split(":")[0])
            if "source" not in below:
                self.say("nothing says where it is from", words)
            if section == "conditions" and "facts" not in below:
                self.say("a condition without its facts", words)

    def party(self, section, words, top):
        m = re.search(r"B(\d)–B(\d), likely B\d; indicative", words) if section == "party" else None
        if m and not re.search(r"if the acts are attributed to a State|the actor is told to be", words):
            self.say("a band that does not say that it is one if attributed", words)
        if m and int(m.group(1)) > top:
            self.say("certain above what a sensor may assert, and nobody confirmed", words)

    def run(self, text):
        start = re.search(r"^(EXERCISE )?\S+ revision \d+, ", text, re.M)
        if not start:
            self.say("no explanation", text)
            return
        listed = list(self.sections(joined(text[start.start():])))
        confirmed = any(s == "told" and "confirms the effects;" in w for s, w in listed)
        for section, words in listed:
            self.facts(section, words)
            self.party(section, words, 5 if confirmed else 2)
            if section not in ("told", "from") and not words.startswith(("source:", "position on")):
                self.never(words)
        self.entries(listed)
        for want in ("signs", "scale", "told", "unknown", "bands", "party", "options", "end"):
            if not any(s == want for s, _ in listed):
                self.say("lacks the part", want)


def main():
    lint = Lint(sys.argv[1])
    lint.run(sys.stdin.read())
    sys.exit(1 if lint.bad else 0)


main()
