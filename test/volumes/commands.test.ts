import { describe, expect, test } from "vitest";
import { getfattrCall } from "../../provider/volumes/attributes.js";
import { strategyProblem } from "../../provider/volumes/first-copy.js";
import { kinds, Manifest } from "../../provider/volumes/manifest.js";
import { copyCall, groupByFolder } from "../../provider/volumes/movers/copy-calls.js";
import { commonFolder, layOutCopy } from "../../provider/volumes/movers/parallel-copy.js";
import { probeCall, probeCandidate } from "../../provider/volumes/movers/reflink.js";
import { rsyncCall, rsyncRootCall } from "../../provider/volumes/movers/rsync.js";
import { onlyMoved } from "../../provider/volumes/moving-source.js";
import { findCall } from "../../provider/volumes/scan.js";

let inode = 100;

/** A manifest of names; a name that ends in a slash is a folder, `name=7` is a file with inode 7 and two names. */
function manifestOf(...names: string[]): Manifest {
    const manifest = new Manifest();
    for (const name of ["/", ...names]) {
        const [path = "", shared] = name.split("=");
        const folder = path.endsWith("/");
        manifest.add(folder ? path.slice(0, -1) : path, {
            kind: folder ? kinds.directory : kinds.file,
            mode: 0o644,
            uid: 0,
            gid: 0,
            size: 4096,
            blocks: 8,
            links: shared ? 2 : 1,
            inodeLow: shared ? Number(shared) : inode++,
            inodeHigh: 0,
            mtimeSeconds: 1,
            mtimeNanos: 0,
            ctimeSeconds: 1,
            ctimeNanos: 0,
        });
    }
    return manifest;
}

const names = (stdin?: Buffer) => stdin?.toString("latin1").split("\0").slice(0, -1);

describe("argv", () => {
    test("find", () => {
        expect(findCall("/source", true).argv.slice(0, 5)).toEqual([
            "find",
            "-P",
            "/source",
            "-ignore_readdir_race",
            "-xdev",
        ]);
        expect(findCall("/source", false).argv).not.toContain("-ignore_readdir_race");
    });

    test("getfattr", () => {
        expect(getfattrCall("/source").argv.join(" ")).toBe(
            "getfattr -R -P -h -d -m - -e hex --absolute-names -- /source",
        );
    });

    test("rsync: names on standard input, never in argv; a leading dash is no option", () => {
        const manifest = manifestOf("-rf", "#x", "new\nline\xff");
        const call = rsyncCall({ root: "/source" }, "/destination", manifest, [0, 1, 2, 3], {
            live: false,
            sparse: false,
        });
        expect(call.argv.join(" ")).toBe(
            "rsync -aHAX --numeric-ids --modify-window=-1 --whole-file --from0 --files-from=- --stats --no-human-readable --info=progress2 --outbuf=N -- /source/ /destination/",
        );
        expect(names(call.stdin)).toEqual(["./-rf", "./#x", "./new\nline\xff"]);
        const live = rsyncCall({ root: "/source" }, "/destination", manifest, [1], {
            live: true,
            sparse: true,
            foldersOnly: true,
        });
        expect(live.argv).toEqual(
            expect.arrayContaining([
                "-aHAXS",
                "--ignore-missing-args",
                "--filter=+ */",
                "--filter=- *",
            ]),
        );
        expect(rsyncRootCall({ root: "/source" }, "/destination").argv).toContain("--filter=- *");
    });

    test("cp: target and names go through xargs, which refuses to cut the list", () => {
        const manifest = manifestOf("d/", "d/-f\xff");
        const call = copyCall(
            "/source",
            "/destination",
            manifest,
            { folder: "d", entries: [2], bytes: 1, files: 1 },
            "always",
        );
        expect(call.argv.join(" ")).toBe(
            "xargs -0 -x -s 120000 cp -a -v --one-file-system --remove-destination --reflink=always",
        );
        expect(names(call.stdin)).toEqual([
            "--target-directory=/destination/d",
            "--",
            "/source/d/-f\xff",
        ]);
    });

    test("the probe takes the smallest file with content", () => {
        const manifest = manifestOf("a", "b");
        manifest.size[1] = 10;
        expect(probeCandidate(manifest)).toBe(2);
        expect(names(probeCall("/source", "/destination", manifest, 2).stdin)).toEqual([
            "--",
            "/source/b",
            "/destination/.pulumi-cutover-reflink-probe",
        ]);
        expect(probeCandidate(manifestOf("d/"))).toBeUndefined();
    });

    test("calls never grow beyond an argument list", () => {
        const manifest = manifestOf(
            ...Array.from({ length: 3_000 }, (_, at) => `${"x".repeat(200)}${at}`),
        );
        const entries = Array.from({ length: 3_000 }, (_, at) => at + 1);
        const units = groupByFolder(manifest, entries, () => ({ bytes: 1, files: 1 }));
        expect(units.length).toBeGreaterThan(5);
        for (const unit of units) {
            expect(
                copyCall("/source", "/destination", manifest, unit, "auto").stdin?.length,
            ).toBeLessThan(110_000);
        }
        expect(units.flatMap((unit) => unit.entries)).toEqual(entries);
    });
});

describe("the layout of a parallel copy", () => {
    const layOut = (manifest: Manifest) => {
        const layout = layOutCopy(manifest, 2);
        if ("declined" in layout) throw new Error(layout.declined);
        const path = (at: number) => manifest.path(at);
        return {
            units: layout.units.flatMap((unit) => unit.entries.map(path)).sort(),
            folders: layout.folders.map(path),
            links: layout.links.map(([a, b]) => [path(a), path(b)]),
        };
    };
    const full = (folder: string) => [
        `${folder}/`,
        ...Array.from({ length: 30 }, (_, at) => `${folder}/${at}`),
    ];
    const many = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"].flatMap(full);

    test("whole subtrees, where nothing stands against it", () => {
        expect(layOut(manifestOf(...many))).toEqual({
            units: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
            folders: [""],
            links: [],
        });
    });

    test("a link within a subtree stays there; one across opens the folders between", () => {
        const within = layOut(manifestOf(...many, "a/x=1", "a/y=1"));
        expect(within).toMatchObject({ folders: [""], links: [] });
        const across = layOut(manifestOf(...many, "a/x=1", "b/y=1", "z=1"));
        expect(across.folders).toEqual(["", "a", "b"]);
        expect(across.links).toEqual([
            ["a/x", "b/y"],
            ["a/x", "z"],
        ]);
        expect(across.units).toContain("a/x");
        expect(across.units).not.toContain("b/y");
        expect(across.units).not.toContain("a");
    });

    test("every entry is carried exactly once, whatever is linked with what", () => {
        for (let seed = 1; seed < 40; seed++) {
            const tree = ["p/", "p/q/", "p/q/r/", "s/", "s/t/"];
            const files = Array.from({ length: 60 }, (_, at) => {
                const folder = tree[(at * seed) % tree.length] as string;
                const group = (at * seed * 7) % 23;
                return `${folder}f${at}${group < 12 ? `=${group + 1}` : ""}`;
            });
            const manifest = manifestOf(...tree, ...files);
            const { units, folders, links } = layOut(manifest);
            const carried = manifest.paths.filter(
                (path) =>
                    folders.includes(path) ||
                    units.some((unit) => path === unit || path.startsWith(`${unit}/`)),
            );
            const linked = links.map(([, name]) => name);
            expect([...carried, ...linked].sort()).toEqual([...manifest.paths].sort());
        }
    });

    test("a folder above something excluded is opened", () => {
        const manifest = manifestOf(...many);
        manifest.excluded.push("a/secret");
        expect(layOut(manifest).folders).toEqual(["", "a"]);
    });

    test("declines to cut a volume to crumbs", () => {
        const folders = Array.from({ length: 6_000 }, (_, at) => [
            `d${at}/`,
            `d${at}/x=${(at >> 1) + 1}`,
        ]).flat();
        expect(layOutCopy(manifestOf(...folders), 2)).toEqual({
            declined: expect.stringMatching(
                /^hard links or exclusions would cut the volume into \d+ calls of cp$/,
            ),
        });
    });

    test("a long chain of folders stays whole below its first levels", () => {
        const chain = Array.from({ length: 500 }, (_, at) => `${"d/".repeat(at + 1)}`);
        expect(layOut(manifestOf(...chain)).folders.length).toBeLessThan(15);
    });

    test("the deepest common folder", () => {
        expect(commonFolder(["a/b/x", "a/b/c/y"])).toBe("a/b");
        expect(commonFolder(["a/b/x", "a/bc/y"])).toBe("a");
        expect(commonFolder(["x", "a/y"])).toBe("");
    });
});

describe("complaints in a live pass", () => {
    const forgiven = (...complaints: string[]) => onlyMoved({ exitCode: 1, complaints });
    test("what moved is for the next pass", () => {
        expect(forgiven("cp: cannot stat '/source/x': No such file or directory")).toBe(true);
        expect(
            forgiven(
                'file has vanished: "/source/x"',
                "rsync warning: some files vanished before they could be transferred (code 24) at main.c(1)",
            ),
        ).toBe(true);
    });
    test.each([
        "cp: error writing '/destination/x': No space left on device",
        "cp: error reading '/source/x': Input/output error",
        "cp: cannot create regular file '/destination/x': Permission denied",
        'rsync: [receiver] mkstemp "/destination/.x" failed: Read-only file system (30)',
    ])("%s is a failure", (line) => {
        expect(forgiven("cp: cannot stat '/source/x': No such file or directory", line)).toBe(
            false,
        );
    });
    test("a failure without a word is one", () => expect(forgiven()).toBe(false));
});

test("a strategy that there is not", () => {
    expect(strategyProblem("tar")).toBe(
        'there is no strategy "tar"; take "auto" or one of "reflink", "parallel copy", "stream", "rsync"',
    );
    expect(strategyProblem("auto")).toBeUndefined();
});
