export { type RemoteCallback, type RemoteFitOptions, RemoteModel, type RemoteOptions, remote } from "./remote";
export type { Source } from "./serve";
export type { WorkerLike } from "./start";
