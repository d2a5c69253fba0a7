import cluster from "node:cluster";
import module from "node:module";
import { isMainThread } from "node:worker_threads";

// A small entry. Before the program is loaded, Node is set to keep its compiled code (22.1 and newer; in NODE_COMPILE_CACHE or the
// temporary directory). From sources, loading takes seconds, so that a developer sees first that something happens.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();
const isFromSources = process.argv[1]?.endsWith(".ts");
if (isFromSources && isMainThread && cluster.isPrimary) process.stderr.write("Portcullis is starting …\n");

const { run } = await import("#app/run");
await run();
