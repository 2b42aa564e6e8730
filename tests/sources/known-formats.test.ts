import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/files.js';
import { findLog } from '../../src/sources/find-spec.js';
import { guessLog } from '../../src/sources/guess/guess-log.js';
import { importLog } from '../../src/sources/import-log.js';
import { nearlyKnown } from '../../src/sources/known-formats.js';
import { NOW, temporaryFolder, temporaryStore } from '../store/fixtures.js';

const json = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** A few rows of each format, as its owner publishes it; kept: interactions that can be read, all of those that are not marked. */
const LOGS: readonly {
  format: string;
  folder?: string;
  id: string;
  files: Record<string, string | Uint8Array>;
  kept: number;
  first: object;
  title?: string;
}[] = [
  {
    format: 'movielens-csv',
    folder: 'ml-25m',
    id: 'ml-25m',
    files: {
      'ratings.csv': 'userId,movieId,rating,timestamp\r\n1,296,5.0,1147880044\r\n',
      'movies.csv': 'movieId,title,genres\r\n296,"Pulp Fiction, again (1994)",Comedy|Crime\r\n',
      'tags.csv': 'userId,movieId,tag,timestamp\r\n3,296,classic,1439472355\r\n',
      'genome-tags.csv': 'tagId,tag\n1,007\n',
    },
    kept: 1,
    first: { userId: '1', itemId: '296', rating: 5, timestamp: 1147880044 },
    title: 'Pulp Fiction, again (1994)',
  },
  {
    format: 'movielens-10m',
    id: 'ml-10m',
    files: {
      'ratings.dat': '1::122::4.5::838985046\n',
      'movies.dat': '122::Boomerang: a "film" (1992)::Comedy|Romance\n',
      'tags.dat': '15::122::excellent!::1215184630\n',
    },
    kept: 1,
    first: { userId: '1', itemId: '122', rating: 4.5, timestamp: 838985046 },
    title: 'Boomerang: a "film" (1992)',
  },
  {
    format: 'amazon-2014',
    id: 'amazon-2014-home-and-kitchen',
    files: {
      'reviews_Home_and_Kitchen_5.json.gz': gzipSync(
        `{'reviewerID': 'A1', 'asin': '0001', 'helpful': [0, 0], 'reviewText': "It's fine", 'overall': 5.0, 'summary': 'ok', 'unixReviewTime': 1390435200}\n` +
          '{"reviewerID": "A2", "asin": "0001", "helpful": [1, 2], "overall": 1.0, "summary": "no", "unixReviewTime": 1390435201}\n',
      ),
      'meta_Home_and_Kitchen.json': `{'asin': '0001', 'title': "Cook's pot", 'categories': [['Home', 'Pots']], 'price': 3.50, 'related': {'also_bought': ['B']}}\n`,
    },
    kept: 2,
    first: { userId: 'A1', itemId: '0001', rating: 5, timestamp: 1390435200 },
    title: "Cook's pot",
  },
  {
    format: 'amazon-2018',
    id: 'amazon-2018-video-games',
    files: {
      'Video_Games_5.json': json({ overall: 5, verified: true, reviewerID: 'A1', asin: 'B1', unixReviewTime: 1 }),
      'meta_Video_Games.json': json({ category: ['Games'], title: ' Pong &amp; <i>more</i>', asin: 'B1' }),
    },
    kept: 1,
    first: { userId: 'A1', itemId: 'B1', rating: 5, timestamp: 1 },
    title: 'Pong & more',
  },
  {
    format: 'amazon-2023',
    id: 'amazon-2023-all-beauty',
    files: {
      'All_Beauty.jsonl.gz': gzipSync(
        json({
          rating: 4,
          title: 'Nice',
          text: 'Good',
          asin: 'V1',
          parent_asin: 'P1',
          user_id: 'U1',
          timestamp: 1588687728923,
        }),
      ),
      'meta_All_Beauty.jsonl.gz': gzipSync(json({ main_category: 'All Beauty', title: 'Soap', parent_asin: 'P1' })),
    },
    kept: 1,
    first: { userId: 'U1', itemId: 'P1', rating: 4, timestamp: 1588687728 },
    title: 'Soap',
  },
  {
    format: 'amazon-2023-csv',
    id: 'amazon-2023-all-beauty-ratings.train',
    files: { 'All_Beauty.train.csv.gz': gzipSync('user_id,parent_asin,rating,timestamp\nU1,P1,5.0,1588687728923\n') },
    kept: 1,
    first: { userId: 'U1', itemId: 'P1', rating: 5, timestamp: 1588687728 },
  },
  {
    format: 'amazon-ratings',
    id: 'amazon-ratings-beauty',
    files: { 'ratings_Beauty.csv': 'A39HTATAQ9V7YF,0205616461,5.0,1369699200\n' },
    kept: 1,
    first: { userId: 'A39HTATAQ9V7YF', itemId: '0205616461', rating: 5, timestamp: 1369699200 },
  },
  {
    format: 'mind',
    id: 'mind',
    files: {
      'behaviors.tsv': '1\tU13740\t11/11/2019 9:05:58 AM\tN2 N1\tN1-1 N2-0\n',
      'news.tsv':
        'N1\tsports\tgolf\tTitle "one"\tAbstract\thttps://x\t[]\t[]\nN2\tnews\tus\tTwo\t\thttps://x\t[]\t[]\n',
    },
    kept: 4,
    first: {
      userId: 'U13740',
      itemId: 'N2',
      timestamp: 1573463158,
      attributes: { clicked: '1', position: '', past: '1', impression: '1' },
    },
    title: 'Two',
  },
  {
    format: 'netflix-prize',
    id: 'netflix-prize',
    files: {
      'combined_data_1.txt': '1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n885013,4,2005-10-19\n',
      'combined_data_2.txt': '3:\n822109,2,2004-01-02\n',
      'movie_titles.csv': Buffer.from('1,2003,Home, Sweet Home\n2,NULL,Amélie\n3,1974,A "B"\n', 'latin1'),
    },
    kept: 4,
    first: { userId: '1488844', itemId: '1', rating: 3, timestamp: Date.UTC(2005, 8, 6) / 1000 },
    title: 'Home, Sweet Home',
  },
  {
    format: 'steam-reviews',
    id: 'steam-reviews',
    files: {
      'australian_user_reviews.json.gz': gzipSync(
        `{'user_id': '765', 'user_url': 'x', 'reviews': [{'funny': '', 'posted': 'Posted November 5, 2011.', 'item_id': '1250', 'helpful': '5', 'recommend': True, 'review': "Don't"}, {'posted': 'Posted June 24.', 'item_id': '1250', 'recommend': False}]}\n`,
      ),
    },
    kept: 1,
    first: {
      userId: '765',
      itemId: '1250',
      timestamp: Date.UTC(2011, 10, 5) / 1000,
      attributes: { recommend: 'true', review: "Don't", helpful: '5' },
    },
  },
  {
    format: 'steam-items',
    id: 'steam-items',
    files: {
      'australian_users_items.json': `{'user_id': '765', 'items_count': 1, 'items': [{'item_id': '10', 'item_name': 'Counter-Strike', 'playtime_forever': 6}]}\n`,
      'steam_games.json': `{u'publisher': u'Valve', u'genres': [u'Action'], u'app_name': u'Counter-Strike', u'id': u'10', u'price': 9.99}\n`,
    },
    kept: 1,
    first: { userId: '765', itemId: '10', attributes: { minutes: '6', name: 'Counter-Strike' } },
    title: 'Counter-Strike',
  },
  {
    format: 'goodreads-reviews',
    id: 'goodreads-reviews-poetry',
    files: {
      'goodreads_reviews_poetry.json.gz': gzipSync(
        json({
          user_id: 'u',
          book_id: '7',
          rating: 4,
          review_text: 'So',
          date_added: 'Fri Nov 10 15:06:13 -0800 2017',
          n_votes: 2,
        }),
      ),
      'goodreads_books_poetry.json.gz': gzipSync(
        json({ book_id: '7', title: 'Odes', publication_year: '1819', authors: [{ author_id: '1' }] }),
      ),
    },
    kept: 1,
    first: { userId: 'u', itemId: '7', rating: 4, timestamp: Date.UTC(2017, 10, 10, 23, 6, 13) / 1000 },
    title: 'Odes',
  },
  {
    format: 'goodreads-interactions',
    id: 'goodreads-poetry',
    files: {
      'goodreads_interactions_poetry.json': json({
        user_id: 'u',
        book_id: '7',
        is_read: true,
        rating: 0,
        date_added: 'Sat Nov 11 00:06:13 +0100 2017',
      }),
    },
    kept: 1,
    first: { userId: 'u', itemId: '7', rating: 0, timestamp: Date.UTC(2017, 10, 10, 23, 6, 13) / 1000 },
  },
  {
    format: 'goodreads-csv',
    id: 'goodreads-shelves',
    files: { 'goodreads_interactions.csv': 'user_id,book_id,is_read,rating,is_reviewed\n0,948,1,5,0\n' },
    kept: 1,
    first: { userId: '0', itemId: '948', rating: 5 },
  },
  {
    format: 'goodbooks-10k',
    id: 'goodbooks-10k',
    files: {
      'ratings.csv': 'user_id,book_id,rating\n1,258,5\n',
      'books.csv':
        'book_id,goodreads_book_id,best_book_id,authors,original_publication_year,title,language_code\n258,1,1,"A, B",2008.0,"T",eng\n',
    },
    kept: 1,
    first: { userId: '1', itemId: '258', rating: 5 },
    title: 'T',
  },
  {
    format: 'book-crossing-csv',
    id: 'book-crossing',
    files: {
      'Ratings.csv': 'User-ID,ISBN,Book-Rating\n276725,034545104X,0\n',
      'Books.csv':
        'ISBN,Book-Title,Book-Author,Year-Of-Publication,Publisher,Image-URL-S\n034545104X,"Flesh, Tones",M,2002,P,x\n',
    },
    kept: 1,
    first: { userId: '276725', itemId: '034545104X', rating: 0, timestamp: null },
    title: 'Flesh, Tones',
  },
  {
    format: 'p5',
    id: 'p5',
    files: { 'sequential.txt': '1 17 4 17\n2 9\n' },
    kept: 4,
    first: { userId: '1', itemId: '17', logIndex: 1 },
  },
  {
    format: 'hetrec-lastfm',
    id: 'lastfm-2k',
    files: {
      'user_artists.dat': 'userID\tartistID\tweight\r\n2\t51\t13883\r\n',
      'artists.dat': 'id\tname\turl\tpictureURL\n51\tDuran "D" Duran\thttp://x\thttp://y\n',
      'tags.dat': 'tagID\ttagValue\r\n13\tpop\r\n',
      'user_taggedartists-timestamps.dat': 'userID\tartistID\ttagID\ttimestamp\r\n2\t51\t13\t1238536800000\r\n',
    },
    kept: 1,
    first: { userId: '2', itemId: '51', rating: null, attributes: { plays: '13883' } },
    title: 'Duran "D" Duran',
  },
  {
    format: 'wands',
    id: 'wands-queries',
    files: { 'query.csv': 'query_id\tquery\tquery_class\n0\tsalon chair\tMassage Chairs\n' },
    kept: 1,
    first: { userId: '0', itemId: 'Massage Chairs', attributes: { query: 'salon chair' } },
  },
];

function written(files: Record<string, string | Uint8Array>, folder = 'log'): string {
  const path = join(temporaryFolder(), folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

it.each(LOGS)('knows $format by the names and first lines of its files', async (log) => {
  const { store } = temporaryStore();
  const path = written(log.files, log.folder);
  const source = await importLog(store, { path, now: () => NOW });
  expect([source.id, source.counts.interactions]).toEqual([log.id, log.kept]);
  const [first] = store.sources.interactions(log.id);
  expect(first).toMatchObject(log.first);
  expect(store.sources.items(log.id).get(first?.itemId ?? '')?.title).toBe(log.title ?? first?.itemId);
});

it('has an example of every format that it knows', () => {
  const formats = readdirSync(join(packageRoot(), 'datasets', 'formats')).map((name) => name.replace('.yaml', ''));
  expect(formats.filter((name) => name !== 'colakg').sort()).toEqual(LOGS.map(({ format }) => format).sort());
});

it('takes a folder with the logs of several categories one by one, by the file that is named', async () => {
  const row = (category: string) => ({
    [`${category}_5.json`]: json({ overall: 5, reviewerID: category, asin: 'B', unixReviewTime: 1 }),
  });
  const path = written({ ...row('Software'), ...row('Gift_Cards') });
  expect(() => findLog(path)).toThrow(/more than one known log: .*gift-cards.*software/);
  expect(findLog(join(path, 'Software_5.json'))).toMatchObject({ kind: 'log', spec: { id: 'amazon-2018-software' } });
});

it('does not take a folder for a known log because of the names of its files alone', () => {
  const path = written({ 'interactions.csv': 'who,what\na,b\n', 'items.csv': 'what,title\nb,B\n' });
  expect(findLog(path)).toMatchObject({ kind: 'unknown' });
  expect(findLog(written({ 'ratings.csv': 'a,b\n1,2\n', 'movies.csv': 'c,d\n3,4\n' }))).toMatchObject({
    kind: 'unknown',
  });
});

it('says of a folder which format it nearly is: a file is missing, or the first line of one is another', () => {
  const { 'behaviors.tsv': behaviors } = LOGS.find(({ format }) => format === 'mind')?.files ?? {};
  const path = written({ 'behaviors.tsv': behaviors as string });
  expect(findLog(path)).toMatchObject({ kind: 'unknown' });
  expect(nearlyKnown(path)).toEqual([
    'behaviors.tsv begins as that of MIND, shown and clicked news, but news.tsv is missing',
  ]);
  const artists = 'id\tname\turl\tpictureURL\n7\tAir\thttp://a\thttp://b\n';
  expect(nearlyKnown(written({ 'user_artists.dat': 'userID\tweight\n2\t7\n', 'artists.dat': artists }))).toEqual([
    'the files are called as those of Last.fm 2K (HetRec 2011), but user_artists.dat begins with another line ("userID\\tweight", without artistID)',
  ]);
  expect(nearlyKnown(written({ 'interactions.csv': 'who,what\na,b\n', 'ratings.csv': 'a,b\n1,2\n' }))).toEqual([]);
});

it('does not speak of tables where a folder has no file that could be a log', () => {
  expect(() => guessLog(written({ 'readme.md': 'x' }))).toThrow('there is no file here that could be a log');
});
