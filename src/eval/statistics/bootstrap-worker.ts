import { workerData } from 'node:worker_threads';
import { type SharedResampling, takeBlocks } from './share-blocks.js';

// A thread of the bootstrap: takes blocks until none is left, then ends.
takeBlocks(workerData as SharedResampling);
