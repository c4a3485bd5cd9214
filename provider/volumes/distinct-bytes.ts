import type { Manifest } from "./manifest.js";

/** Apparent bytes of files, each file once however many names it has. */
export class DistinctBytes {
    bytes = 0;
    private readonly linked = new Set<number | string>();

    constructor(private readonly manifest: Manifest) {}

    add(at: number): void {
        if ((this.manifest.links[at] as number) > 1) {
            const inode = this.manifest.inode(at);
            if (this.linked.has(inode)) return;
            this.linked.add(inode);
        }
        this.bytes += this.manifest.size[at] as number;
    }
}
