/** The known name that was most likely meant, or undefined when none is near. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
    const allowed = Math.max(1, Math.floor(written.length / 3));
    let best: { name: string; distance: number } | undefined;
    for (const name of known) {
        const distance = editDistance(written.toLowerCase(), name.toLowerCase(), allowed);
        if (distance <= allowed && distance < (best?.distance ?? Infinity))
            best = { name, distance };
    }
    return best?.name ?? longerForm(written, known);
}

/** "environment" for "envs", "networks" for "networksAdvanced": one begins like the other. */
function longerForm(written: string, known: readonly string[]): string | undefined {
    const shared = known.map((name) => ({ name, letters: commonPrefix(written, name) }));
    const [first] = shared
        .filter(
            ({ name, letters }) =>
                letters >= 3 && letters >= Math.min(name.length, written.length) - 1,
        )
        .sort((a, b) => b.letters - a.letters);
    return first?.name;
}

function commonPrefix(one: string, other: string): number {
    let letters = 0;
    while (letters < one.length && one[letters] === other[letters]) letters++;
    return letters;
}

/** Letters added, left out, changed or swapped to get from one text to the other. */
function editDistance(from: string, to: string, enough: number): number {
    if (Math.abs(from.length - to.length) > enough) return Infinity;
    const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
    const cell = (row: number, column: number) => rows[row]?.[column] ?? Infinity;
    for (let row = 1; row <= from.length; row++) {
        rows[row] = [row];
        for (let column = 1; column <= to.length; column++) {
            const same = from[row - 1] === to[column - 1];
            const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
            rows[row]?.push(
                Math.min(
                    cell(row - 1, column) + 1,
                    cell(row, column - 1) + 1,
                    cell(row - 1, column - 1) + (same ? 0 : 1),
                    swapped ? cell(row - 2, column - 2) + 1 : Infinity,
                ),
            );
        }
    }
    return cell(from.length, to.length);
}

/** "web", "web and cache", "web, cache and worker"; `or` in place of `and` for a choice. */
export function listNames(names: readonly string[], word: "and" | "or" = "and"): string {
    if (names.length < 2) return names.join("");
    return `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;
}
