import type { Client } from "../app/client";
import type { TabName } from "../shared/settings";

/** What a tab gets from the page around it. */
export interface Host {
  readonly client: Client;
  /** Says something went wrong, until the next action. */
  complain(error: unknown): void;
  clearComplaint(): void;
  /** The settings of this tab changed: the address follows. */
  changed(): void;
}

/** A tab. */
export interface View {
  readonly tab: TabName;
  readonly element: HTMLElement;
  readonly settings: Record<string, unknown>;
  /** It comes into sight; also after the worker was started anew. */
  show(): void;
  /** It goes out of sight, and stops. */
  hide(): void;
  /** Other settings, as from a link. */
  load(settings: Record<string, unknown>): void;
  /** Other colours, for what does not draw itself anew. */
  recolour?(): void;
  /** The worker is gone, and with it all it held. */
  forget?(): void;
}
