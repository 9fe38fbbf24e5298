/** Runs something that Ctrl-C ends gently: the first one aborts its signal, the second one ends the process as ever. */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<{ result: T; interrupted: boolean }> {
  const controller = new AbortController();
  const stop = () => {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    controller.abort();
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return { result: await run(controller.signal), interrupted: controller.signal.aborted };
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}
