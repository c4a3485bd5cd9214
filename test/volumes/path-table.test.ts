import { describe, expect, test } from "vitest";
import { PathTable } from "../../provider/volumes/path-table.js";

describe("a table of paths", () => {
    test("gives back what was put in, in any order, also before and after the room grew", () => {
        const table = new PathTable();
        const paths = ["", "a", "a/b", "a/b\n/\xff", "orphan/deep/name", "x".repeat(255)];
        for (let folder = 0; folder < 300; folder++) {
            paths.push(`folder ${folder}`);
            for (let file = 0; file < 200; file++) paths.push(`folder ${folder}/file ${file}`);
        }
        for (const path of paths) table.add(path);
        const check = () => {
            expect(table.count).toBe(paths.length);
            for (let at = paths.length - 1; at >= 0; at -= 7)
                expect(table.path(at)).toBe(paths[at]);
            paths.forEach((path, at) => {
                if (table.find(path) !== at) throw new Error(`${path} is not found`);
            });
            for (const path of ["b", "a/", "a/b/c", "folder 1/file 200", "orphan", "orphan/deep"])
                expect(table.find(path)).toBeUndefined();
            expect(table.distinct()).toBe(true);
        };
        check();
        table.trim();
        check();
        table.add("folder 0/one more");
        expect(table.find("folder 0/one more")).toBe(paths.length);
        expect(table.path(paths.length)).toBe("folder 0/one more");
    });

    test("finds the newer one of two with the same path, and says that they are two", () => {
        const table = new PathTable();
        for (const path of ["", "a", "b", "a"]) table.add(path);
        expect(table.find("a")).toBe(3);
        expect(table.distinct()).toBe(false);
    });
});
