/** Numbers from 0 to 1, the same for the same seed (mulberry32), so that a failure can be seen again. */
export function randomFrom(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    };
}

/** A text with a few places cut, doubled, or replaced: what a crash, a bug or a new version may make of it. */
export function spoil(text: string, random: () => number): string {
    let spoilt = text;
    for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
        const at = Math.floor(random() * spoilt.length);
        const to = at + Math.floor(random() * 12);
        const middle = [
            "",
            spoilt.slice(at, to).repeat(2),
            String.fromCharCode(Math.floor(random() * 300)),
            "\n",
            "\n\n",
            "-1",
            "99999999999999999999",
        ][Math.floor(random() * 7)];
        spoilt = spoilt.slice(0, at) + middle + spoilt.slice(random() < 0.2 ? spoilt.length : to);
    }
    return spoilt;
}
