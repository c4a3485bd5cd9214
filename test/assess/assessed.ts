import type { AssessedVolume, Assessment } from "../../provider/assess/assessment.js";

/** A volume without anything to mind. */
export function assessedVolume(
    with_: {
        measured?: Partial<AssessedVolume["measured"]>;
        watched?: Partial<AssessedVolume["watched"]>;
        writers?: string[];
    } = {},
): AssessedVolume {
    return {
        volume: "data",
        path: "/data",
        writable: true,
        measured: {
            entries: 4,
            files: 2,
            directories: 1,
            symlinks: 1,
            specials: 0,
            sockets: 0,
            bytes: 5000,
            allocated: 8192,
            free: 1_000_000,
            empty: false,
            ...with_.measured,
        },
        watched: { seconds: 3, files: 0, bytes: 0, scanSeconds: 0.1, ...with_.watched },
        writers: with_.writers ?? [],
    };
}

/** A container without anything to mind. */
export function assessed(with_: Partial<Assessment> = {}): Assessment {
    return {
        container: "orders",
        image: "redis:7",
        status: "running",
        removedAtEnd: false,
        volumes: [assessedVolume()],
        binds: [],
        layer: { changed: 0, paths: [] },
        freeze: { seconds: 1, basis: "a scan takes 100 ms" },
        risks: [],
        ...with_,
    };
}
