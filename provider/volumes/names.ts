/**
 * Names are bytes, not text: a path is kept as a "latin1" string, one character per byte, which is exact for every
 * name that Linux allows, cheap as a key, and never shown to anybody.
 */
export type BytePath = string;

/** The bytes of a path, relative to `root`, for Node's file calls. The root itself is `""`. */
export function pathBytes(root: string, path: BytePath): Buffer {
    const prefix = Buffer.from(root, "utf8");
    if (path === "") return prefix;
    return Buffer.concat([prefix, slash, Buffer.from(path, "latin1")]);
}

const slash = Buffer.from("/");

/** The folder a path lies in; the root's own is `undefined`. */
export function parentPath(path: BytePath): BytePath | undefined {
    if (path === "") return undefined;
    const end = path.lastIndexOf("/");
    return end < 0 ? "" : path.slice(0, end);
}

/** The last part of a path. */
export function baseName(path: BytePath): string {
    return path.slice(path.lastIndexOf("/") + 1);
}

/** Names, each ended by NUL, for a command's standard input. */
export function nulSeparated(names: Iterable<string>): Buffer {
    const parts: string[] = [];
    for (const name of names) parts.push(name, "\0");
    return Buffer.from(parts.join(""), "latin1");
}

/**
 * A name for the screen, quoted. What is no printable text (control characters, invalid UTF-8, marks that turn the
 * direction of writing) becomes `\xNN`, byte by byte, so that a name can neither break a line nor fake another name.
 * @example escapeName("a\nb") // "a\x0ab", with the quotes
 */
export function escapeName(path: BytePath): string {
    const bytes = Buffer.from(path, "latin1");
    let text = "";
    let at = 0;
    while (at < bytes.length) {
        const length = utf8Length(bytes, at);
        const piece = length ? bytes.toString("utf8", at, at + length) : "";
        if (piece === '"' || piece === "\\") text += `\\${piece}`;
        else if (piece && printable.test(piece)) text += piece;
        else text += hex(bytes.subarray(at, at + (length || 1)));
        at += length || 1;
    }
    return `"${text === "" ? "." : text}"`;
}

/** Letters, marks, numbers, punctuation, symbols and the plain space: nothing that moves the cursor. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function hex(bytes: Buffer): string {
    return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
}

/** Length of the valid UTF-8 character at `at`, or 0. Decoding and encoding again catches every overlong form. */
function utf8Length(bytes: Buffer, at: number): number {
    const first = bytes[at] as number;
    const length =
        first < 0x80
            ? 1
            : first < 0xc2
              ? 0
              : first < 0xe0
                ? 2
                : first < 0xf0
                  ? 3
                  : first < 0xf5
                    ? 4
                    : 0;
    if (length <= 1 || at + length > bytes.length) return length === 1 ? 1 : 0;
    const piece = bytes.subarray(at, at + length);
    return Buffer.from(piece.toString("utf8"), "utf8").equals(piece) ? length : 0;
}

/** `"a", "b" and 3 more`: the first names of many, for a message. */
export function firstNames(paths: readonly BytePath[], most = 3): string {
    const shown = paths.slice(0, most).map(escapeName).join(", ");
    return paths.length > most ? `${shown} and ${paths.length - most} more` : shown;
}
