/** Figures for Prometheus. No tenant's name is in them. */
import { memory, runtimeInfo } from "neurite";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Metrics {
  readonly registry = new Registry();
  private readonly in = { registers: [this.registry] };
  readonly requests = new Histogram({
    name: "http_request_duration_seconds",
    help: "Seconds from the head of a request to the end of its answer",
    labelNames: ["method", "route", "status"],
    buckets: SECONDS,
    ...this.in,
  });
  readonly predictedRows = new Counter({ name: "service_predicted_rows_total", help: "Rows predicted", ...this.in });
  readonly accepted = new Counter({ name: "service_jobs_accepted_total", help: "Trainings accepted", ...this.in });
  readonly ended = new Counter({ name: "service_jobs_ended_total", help: "Trainings ended", labelNames: ["state"], ...this.in });
  readonly trainedRows = new Counter({ name: "service_trained_rows_total", help: "Rows that trainings went through", ...this.in });
  readonly jobSeconds = new Histogram({
    name: "service_job_duration_seconds",
    help: "Seconds from acceptance to end of a training",
    buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800],
    ...this.in,
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    this.gauge("neurite_tensor_bytes", "Bytes of live tensors in linear memory", () => memory().bytes);
    this.gauge("neurite_memory_bytes", "Size of the linear memory, which does not shrink", () => runtimeInfo().memory.bytes);
  }

  /** A figure that is asked for when it is read. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      ...this.in,
      collect() {
        this.set(read());
      },
    });
  }
}
