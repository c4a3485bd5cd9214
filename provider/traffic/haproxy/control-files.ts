import {
    closeSync,
    existsSync,
    fsyncSync,
    openSync,
    readFileSync,
    renameSync,
    rmSync,
    writeSync,
} from "node:fs";
import { join } from "node:path";
import { CutoverError } from "../../engine/errors.js";
import { configuration, type RouterSettings } from "./configuration.js";
import { holdKey, holdLua } from "./hold-lua.js";

/** Names in the control folder. */
export const controlNames = {
    configuration: "haproxy.cfg",
    lua: "hold.lua",
    hold: "hold.map",
    socket: "haproxy.sock",
    spare: "spare",
} as const;

/** The files of a new router, by name, for whoever fills its control folder. It starts without a hold. */
export function controlFiles(settings: RouterSettings): Record<string, string> {
    return {
        [controlNames.configuration]: configuration(settings),
        [controlNames.lua]: holdLua(settings.folder ?? "/cutover"),
        [controlNames.hold]: holdMap(0),
    };
}

/** The text of hold.map. @param deadline milliseconds since 1970; 0 for no hold */
export function holdMap(deadline: number): string {
    return `${holdKey} ${deadline}\n`;
}

/** The deadline that a hold.map holds; 0 for no hold. */
export function deadlineIn(text: string): number {
    const [, value] = /^until (\d{1,15})\n$/.exec(text) ?? [];
    if (value !== undefined) return Number(value);
    throw new CutoverError(`the router's ${controlNames.hold} cannot be read`);
}

const spareBytes = 65_536;

/**
 * The control folder of one router, as this process sees it. A file is replaced whole and synced: a crash leaves the
 * old one or the new one. A spare file keeps room back, so that a full disk cannot keep a hold on.
 */
export class ControlFolder {
    constructor(readonly path: string) {}

    read(name: string): string {
        try {
            return readFileSync(join(this.path, name), "utf8");
        } catch (cause) {
            throw this.failed("read", name, cause);
        }
    }

    /** On disk when it returns. */
    write(name: string, text: string): void {
        try {
            try {
                this.replace(name, text);
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
                rmSync(join(this.path, controlNames.spare), { force: true });
                this.replace(name, text);
            }
        } catch (cause) {
            throw this.failed("write", name, cause);
        }
    }

    /** Keeps room back for the way back; call it while there is room. */
    keepSpare(): void {
        if (existsSync(join(this.path, controlNames.spare))) return;
        this.write(controlNames.spare, "spare\n".repeat(spareBytes / 6));
    }

    private replace(name: string, text: string): void {
        const temporary = join(this.path, `.${name}.new`);
        const file = openSync(temporary, "w", 0o600);
        try {
            const bytes = Buffer.from(text);
            for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
            fsyncSync(file);
        } finally {
            closeSync(file);
        }
        renameSync(temporary, join(this.path, name));
        const folder = openSync(this.path, "r");
        fsyncSync(folder);
        closeSync(folder);
    }

    private failed(verb: "read" | "write", name: string, cause: unknown): CutoverError {
        const reason = cause instanceof Error ? cause.message : String(cause);
        return new CutoverError(`could not ${verb} the router's ${name}: ${reason}`, {
            cause,
            next: "see that the router's control volume is mounted and its disk has room",
        });
    }
}
