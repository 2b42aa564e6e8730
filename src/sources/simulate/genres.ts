/** The words that titles of a genre are made of. Each word belongs to one genre, so a title hints at its genre. */
export interface GenreWords {
  readonly name: string;
  readonly openers: readonly string[]; // the first word of a title
  readonly things: readonly string[]; // the last one
}

const words = (text: string) => text.split(' ');

export const GENRES: readonly GenreWords[] = [
  {
    name: 'western',
    openers: words('Dusty Copper Sagebrush Rawhide Lonesome Prairie Mustang Saddle'),
    things: words('Canyon Trail Stampede Ranch Marshal Sundown Corral Wagon'),
  },
  {
    name: 'horror',
    openers: words('Crawling Pale Hungry Buried Whispering Hollow Rotten Sleepless'),
    things: words('Cellar Grave Scream Crypt Fangs Possession Nightmare Swarm'),
  },
  {
    name: 'comedy',
    openers: words('Clumsy Accidental Tipsy Reluctant Awkward Borrowed Cheerful Wobbly'),
    things: words('Plumber Wedding Landlord Dentist Picnic Uncle Disguise Parrot'),
  },
  {
    name: 'romance',
    openers: words('Tender Longing Velvet Blushing Faithful Moonlit Secret Beloved'),
    things: words('Kiss Sweetheart Embrace Bouquet Valentine Devotion Letters Heartbeat'),
  },
  {
    name: 'mystery',
    openers: words('Missing Locked Coded Vanishing Suspicious Unsigned Hidden Crooked'),
    things: words('Alibi Detective Clue Inspector Riddle Witness Ledger Fingerprint'),
  },
  {
    name: 'fantasy',
    openers: words('Enchanted Emerald Ancient Winged Runic Elven Mystic Starborn'),
    things: words('Dragon Wizard Scepter Kingdom Prophecy Sorceress Griffin Spellbook'),
  },
  {
    name: 'musical',
    openers: words('Dancing Swinging Singing Jazzy Glittering Humming Tapping Sparkling'),
    things: words('Chorus Rhythm Serenade Ballroom Melody Encore Spotlight Overture'),
  },
  {
    name: 'thriller',
    openers: words('Deadly Ruthless Encrypted Double Burning Covert Lethal Fugitive'),
    things: words('Protocol Hostage Countdown Conspiracy Assassin Pursuit Ultimatum Sniper'),
  },
];

/** Words that stand in titles of every genre. */
export const SHARED_OPENERS = words('Last First Golden Broken Little Silent');
export const SHARED_THINGS = words('House Promise Summer Road Stranger River');
export const PLACES = words('Avelune Brackwater Corvale Dunmere Estoril Farrowby Hallowick Marrowdale');
