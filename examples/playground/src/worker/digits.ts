import { confusionMatrix, fit, manualSeed, mlp, type Predictor, predict, predictor, type Sequential } from "neurite";
import { LEVELS, PIXELS, SIDE, TEST, TRAIN } from "../shared/digits";
import type { DigitsEpoch, DigitsWork, Reply } from "../shared/messages";
import type { DigitsSettings } from "../shared/settings";
import { weightsOf } from "./network";

interface Images {
  images: Uint8Array;
  labels: Uint8Array;
}

const WRONG = 24;
const SCALE = 1 / LEVELS;
const input = ({ images, labels }: Images) => ({ data: images, shape: [labels.length, PIXELS], scale: SCALE });

/** A classifier of handwritten digits, trained in the page. */
export class Digits {
  private data: { train: Images; test: Images } | undefined;
  private bytes = 0;
  private model: Sequential | undefined;
  private forward: Predictor | undefined;
  private control: AbortController | undefined;

  async load(url: string): Promise<Reply<"digits.load">> {
    if (this.data === undefined) {
      const response = await fetch(url);
      if (!response.ok || response.body === null)
        throw new Error(
          `The digits could not be loaded: ${url} answered ${response.status}. All files of the build have to lie beside the page.`,
        );
      const packed = await response.blob();
      this.bytes = packed.size;
      this.data = unpack(await inflated(packed));
    }
    const { images } = this.data.train;
    return { bytes: this.bytes, samples: Array.from({ length: 20 }, (_, k) => images.slice(k * PIXELS, (k + 1) * PIXELS)) };
  }

  private get loaded(): { train: Images; test: Images } {
    if (this.data === undefined) throw new Error("The digits are not loaded yet.");
    return this.data;
  }

  private build({ hidden, dropout, seed }: DigitsSettings): Sequential {
    manualSeed(seed);
    return mlp([PIXELS, ...hidden, 10], { activation: "relu", dropout });
  }

  async train(settings: DigitsSettings, progress: (epoch: DigitsEpoch) => void): Promise<Reply<"digits.train">> {
    const { train, test } = this.loaded;
    this.stop();
    this.forward?.dispose();
    this.model?.dispose();
    const model = this.build(settings);
    this.model = model;
    this.forward = predictor(model);
    const control = new AbortController();
    this.control = control;
    let seconds = 0;
    const history = await fit(
      model,
      { x: input(train), y: train.labels },
      {
        loss: "crossEntropy",
        optimizer: { type: settings.optimizer, lr: settings.lr },
        epochs: settings.epochs,
        batchSize: settings.batchSize,
        seed: settings.seed,
        metrics: ["accuracy"],
        validation: { x: input(test), y: test.labels },
        signal: control.signal,
        callbacks: [
          {
            onEpochEnd: async ({ epoch, loss, accuracy, validation, samplesPerSecond, seconds: took }) => {
              seconds += took;
              const { loss: testLoss, accuracy: testAccuracy } = validation as Record<string, number>;
              const scores = { loss: testLoss!, accuracy: testAccuracy! };
              progress({
                epoch,
                loss,
                accuracy: accuracy as number,
                test: scores,
                samplesPerSecond,
                seconds,
                ...(await this.mistakes(model, test)),
              });
            },
          },
        ],
      },
    );
    return { stopped: history.stopped, seconds };
  }

  /** Who was taken for whom, and the mistakes it is most sure of. */
  private async mistakes(model: Sequential, { images, labels }: Images): Promise<Pick<DigitsEpoch, "confusion" | "wrong">> {
    const outputs = await predict(model, input({ images, labels }));
    const wrong: DigitsEpoch["wrong"] = [];
    for (const [index, label] of labels.entries()) {
      const p = softmax(outputs.data.subarray(10 * index, 10 * index + 10));
      const guess = p.indexOf(Math.max(...p));
      if (guess !== label)
        wrong.push({ index, label, guess, confidence: p[guess]!, pixels: images.slice(index * PIXELS, (index + 1) * PIXELS) });
    }
    wrong.sort((a, b) => b.confidence - a.confidence);
    return { confusion: confusionMatrix(outputs, labels), wrong: wrong.slice(0, WRONG) };
  }

  stop(): void {
    this.control?.abort();
  }

  /** What the network sees in a picture of SIDE x SIDE values from 0 to 1. */
  guess(pixels: Float32Array): Reply<"digits.guess"> {
    if (this.forward === undefined) return { probabilities: new Float32Array(10), trained: false };
    return { probabilities: softmax(this.forward(pixels)), trained: true };
  }

  /** The same data, network and first weights for another library. */
  work(settings: DigitsSettings): DigitsWork {
    const model = this.build(settings);
    const layers = weightsOf(model);
    model.dispose();
    return { settings, sizes: [PIXELS, ...settings.hidden, 10], layers, ...this.loaded };
  }
}

function softmax(logits: Float32Array): Float32Array {
  const most = Math.max(...logits);
  const e = logits.map((z) => Math.exp(z - most));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((v) => v / sum);
}

async function inflated(packed: Blob): Promise<Uint8Array> {
  try {
    const stream = packed.stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new Error(`The file of digits is damaged (${(error as Error).message}). Reload the page.`);
  }
}

/** Two pixels a byte, training images first, then the labels of all. */
function unpack(packed: Uint8Array): { train: Images; test: Images } {
  const half = (SIDE * SIDE) / 2;
  const all = TRAIN + TEST;
  if (packed.length !== all * (half + 1))
    throw new Error(
      `The file of digits has ${packed.length} bytes instead of ${all * (half + 1)}; it was damaged on its way. Reload the page.`,
    );
  const images = new Uint8Array(all * PIXELS);
  for (let k = 0; k < all * half; k++) {
    images[2 * k] = packed[k]! >> 4;
    images[2 * k + 1] = packed[k]! & 15;
  }
  const labels = packed.subarray(all * half);
  const part = (from: number, to: number) => ({ images: images.subarray(from * PIXELS, to * PIXELS), labels: labels.slice(from, to) });
  return { train: part(0, TRAIN), test: part(TRAIN, all) };
}
