/** Pieces of web pages in a text: tags, entities, scripts. */
export const HTML = /<\/?[a-z][^>]*>|&(?:amp|lt|gt|quot|nbsp|#\d+|#x[\da-f]+);|\bvar\s+\w+\s*=|<!--/i;

/** Characters above which a title is no title any more but a text. */
export const LONGEST_TITLE = 200;
