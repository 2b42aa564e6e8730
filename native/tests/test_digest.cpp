// The digest of checkpoints: what it must see, and what must not matter.
#include "check.h"
#include "digest.h"
#include "random.h"
#include <algorithm>
#include <set>
#include <vector>

namespace {

std::vector<unsigned char> random_bytes(size_t n, uint64_t seed) {
    random_stream chance(seed, "bytes", n);
    std::vector<unsigned char> bytes(n);
    for (unsigned char & byte : bytes) byte = static_cast<unsigned char>(chance.below(256));
    return bytes;
}

std::string digest_of(const std::vector<unsigned char> & bytes) {
    digest made;
    made.add(bytes.data(), bytes.size());
    return made.hexadecimal();
}

void any_changed_byte_is_seen() {
    for (const size_t n : {1, 7, 8, 9, 64, 203}) {
        std::vector<unsigned char> bytes = random_bytes(n, 1);
        std::set<std::string> seen = {digest_of(bytes)};
        for (unsigned char & byte : bytes) {
            const unsigned char before = byte;
            for (int change = 1; change < 256; change++) {
                byte = static_cast<unsigned char>(before ^ change);
                CHECK(seen.insert(digest_of(bytes)).second);
            }
            byte = before;
        }
    }
}

void cut_grown_and_swapped_bytes_are_seen() {
    for (const std::vector<unsigned char> & bytes : {random_bytes(100, 2), std::vector<unsigned char>(100, 0)}) {
        std::set<std::string> seen;
        for (size_t n = 0; n <= bytes.size(); n++) CHECK(seen.insert(digest_of(std::vector<unsigned char>(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)))).second);
    }
    const std::vector<unsigned char> bytes = random_bytes(64, 3);
    for (const size_t width : {1, 4, 8, 16}) {
        for (size_t a = 0; a + 2 * width <= bytes.size(); a += width) {
            std::vector<unsigned char> swapped = bytes;
            std::swap_ranges(swapped.begin() + static_cast<std::ptrdiff_t>(a), swapped.begin() + static_cast<std::ptrdiff_t>(a + width), swapped.end() - static_cast<std::ptrdiff_t>(width));
            CHECK(swapped == bytes || digest_of(swapped) != digest_of(bytes));
        }
    }
}

void the_same_change_in_two_words_is_seen() {
    std::vector<unsigned char> bytes = random_bytes(64, 4);
    const std::string whole = digest_of(bytes);
    for (size_t bit = 0; bit < 64; bit++) {
        for (size_t first = 0; first < 8; first++) {
            for (size_t second = first + 1; second < 8; second++) {
                for (const size_t word : {first, second}) bytes[word * 8 + bit / 8] ^= static_cast<unsigned char>(1 << (bit % 8));
                CHECK(digest_of(bytes) != whole);
                for (const size_t word : {first, second}) bytes[word * 8 + bit / 8] ^= static_cast<unsigned char>(1 << (bit % 8));
            }
        }
    }
}

void pieces_do_not_matter() {
    const std::vector<unsigned char> bytes = random_bytes(200, 5);
    random_stream chance(6, "pieces");
    for (int round = 0; round < 200; round++) {
        digest made;
        for (size_t at = 0; at < bytes.size();) {
            const size_t n = std::min<size_t>(bytes.size() - at, chance.below(20));
            made.add(bytes.data() + at, n);
            at += n;
        }
        CHECK(made.hexadecimal() == digest_of(bytes));
    }
}

} // namespace

int main() {
    return run_tests({
        {"a change of any one byte to any other value changes the digest", any_changed_byte_is_seen},
        {"a digest tells bytes from the same bytes cut, grown or swapped, zeros included", cut_grown_and_swapped_bytes_are_seen},
        {"the same bit changed in two words changes the digest", the_same_change_in_two_words_is_seen},
        {"how the bytes are cut into pieces does not change the digest", pieces_do_not_matter},
    });
}
