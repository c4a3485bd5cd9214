import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cached, cacheFolder, contentKey, stateFolder } from "../../tools/cache.mjs";
import { withLock } from "../../tools/lock.mjs";

let folder: string;
const before = process.env.CUTOVER_CACHE;

beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cutover-cache-"));
    process.env.CUTOVER_CACHE = folder;
});

afterEach(() => {
    if (before === undefined) delete process.env.CUTOVER_CACHE;
    else process.env.CUTOVER_CACHE = before;
    rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
    const path = join(folder, name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
    return path;
}

/** A process number that belongs to nobody: above the largest one Linux gives out. */
const NOBODY = 4_194_305;

describe("where things go", () => {
    it.each([
        [{ CUTOVER_CACHE: "/c", XDG_CACHE_HOME: "/x", HOME: "/h" }, "/c"],
        [{ XDG_CACHE_HOME: "/x", HOME: "/h" }, "/x/pulumi-cutover"],
        [{ XDG_CACHE_HOME: "relative", HOME: "/h" }, "/h/.cache/pulumi-cutover"],
        [{ CUTOVER_CACHE: "", XDG_CACHE_HOME: "", HOME: "/h" }, "/h/.cache/pulumi-cutover"],
    ])("with %j the cache is %s", (env, expected) => {
        expect(cacheFolder(env)).toBe(expected);
    });

    it("state is not in the cache", () => {
        expect(stateFolder({ HOME: "/h", CUTOVER_CACHE: "/c" })).toBe(
            "/h/.local/state/pulumi-cutover",
        );
    });
});

describe("contentKey", () => {
    it("changes with a file's content, a file's name and a word, and with nothing else", () => {
        const key = contentKey([file("a/go.mod", "module a")], ["x64"]);
        expect(contentKey([file("b/go.mod", "module a")], ["x64"])).toBe(key);
        expect(contentKey([file("a/go.mod", "module b")], ["x64"])).not.toBe(key);
        expect(contentKey([file("a/go.sum", "module a")], ["x64"])).not.toBe(key);
        expect(contentKey([file("b/go.mod", "module a")], ["arm64"])).not.toBe(key);
    });

    it("does not run its inputs together", () => {
        expect(contentKey([], ["ab", "c"])).not.toBe(contentKey([], ["a", "bc"]));
        expect(contentKey([file("f", "words")], [])).not.toBe(contentKey([], ["f", "words"]));
    });
});

describe("cached", () => {
    it("builds once, also for two who ask at the same time", async () => {
        let builds = 0;
        const build = async (draft: string) => {
            builds += 1;
            await new Promise((resolve) => setTimeout(resolve, 50));
            writeFileSync(join(draft, "tool"), "built");
        };
        const [one, two] = await Promise.all([cached("t", "k", build), cached("t", "k", build)]);
        expect(one).toBe(join(folder, "t-k"));
        expect(two).toBe(one);
        expect(readFileSync(join(one, "tool"), "utf8")).toBe("built");
        expect(builds).toBe(1);
    });

    it("leaves nothing of a failed build, so that the next one starts anew", async () => {
        const failing = cached("t", "k", async (draft) => {
            writeFileSync(join(draft, "half"), "");
            throw new Error("no network");
        });
        await expect(failing).rejects.toThrow("no network");
        expect(existsSync(join(folder, "t-k"))).toBe(false);
        expect(readdirSync(join(folder, "building"))).toEqual([]);
        await cached("t", "k", async () => {});
        expect(existsSync(join(folder, "t-k"))).toBe(true);
    });

    it("removes what an interrupted set-up left, and nothing of one that runs", async () => {
        file(`building/${NOBODY}-abcd-t/half`, "");
        file(`building/${process.ppid}-abcd-t/half`, "");
        await cached("t", "k", async () => {});
        expect(readdirSync(join(folder, "building"))).toEqual([`${process.ppid}-abcd-t`]);
    });
});

describe("withLock", () => {
    it("lets one at a time in", async () => {
        let inside = 0;
        let most = 0;
        const work = () =>
            withLock("x", async () => {
                inside += 1;
                most = Math.max(most, inside);
                await new Promise((resolve) => setTimeout(resolve, 5));
                inside -= 1;
            });
        await Promise.all([work(), work(), work(), work()]);
        expect(most).toBe(1);
        expect(readdirSync(join(folder, "locks"))).toEqual([]);
    });

    it("takes over from an owner that died", async () => {
        file("locks/x", `${NOBODY} 123 abcd`);
        await expect(withLock("x", async () => "in")).resolves.toBe("in");
    });

    it("takes over when the owner's number belongs to another process by now", async () => {
        file("locks/x", `${process.pid} 1 abcd`);
        await expect(withLock("x", async () => "in")).resolves.toBe("in");
    });

    it("is let go after a failure", async () => {
        const failing = withLock("x", async () => {
            throw new Error("broken");
        });
        await expect(failing).rejects.toThrow("broken");
        expect(readdirSync(join(folder, "locks"))).toEqual([]);
    });
});
