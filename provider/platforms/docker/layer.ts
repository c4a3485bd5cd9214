import type { Inspection } from "./inspection.js";

/** Paths of a container's own layer, less those that are there because something is mounted on them. */
export function ownPaths(
    paths: readonly string[],
    mounts: readonly Pick<Inspection["mounts"][number], "path">[],
): string[] {
    return paths.filter((path) => !mounts.some((mount) => touches(mount.path, path)));
}

function touches(folder: string, path: string): boolean {
    return path === folder || path.startsWith(`${folder}/`) || folder.startsWith(`${path}/`);
}
