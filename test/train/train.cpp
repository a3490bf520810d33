// Trains a small language model whose attention is Lacuna's, on a GPU or on the emulator.
//
//   train --text=README.md [--masks=dense,drop,hash] [--steps=60] [--device=auto] [--check]
//
// Every mask begins with the same parameters and sees the same text. The first step also
// runs with attention in float64 on the host, and prints how far its gradients are. With
// --check the program fails where they differ by more than 0.5 %, where a loss does not fall
// by a third, or where it ends a tenth above that of the first mask.
#include "test/train/Masks.h"
#include "test/train/Model.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

using namespace lacuna;
using namespace lacuna::train;

namespace {
struct Options {
  std::string text, device = "auto";
  std::vector<std::string> masks = {"dense", "drop", "hash"};
  int steps = 60;
  bool check = false;
};

/// A text as numbers of its letters.
class Text {
public:
  explicit Text(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    std::map<char, int> numbers;
    for (char byte : bytes)
      letters.push_back(numbers.try_emplace(byte, int(numbers.size())).first->second);
    vocabulary = int(numbers.size());
  }

  /// Fills tokens and what follows each of them from random places.
  void draw(AttentionShape shape, std::mt19937 &random, std::vector<int> &tokens,
            std::vector<int> &targets) const {
    tokens.clear(), targets.clear();
    for (std::size_t b = 0; b < shape.batches; ++b) {
      const auto begin =
          letters.begin() + std::ptrdiff_t(random() % (letters.size() - shape.tokens));
      tokens.insert(tokens.end(), begin, begin + std::ptrdiff_t(shape.tokens));
      targets.insert(targets.end(), begin + 1, begin + 1 + std::ptrdiff_t(shape.tokens));
    }
  }

  std::vector<int> letters;
  int vocabulary = 0;
};
} // namespace

static std::vector<std::string> split(const std::string &list) {
  std::vector<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');)
    words.push_back(word);
  return words;
}

static Mask maskOf(const std::string &name) {
  static const std::map<std::string, Mask> names = {
      {"dense", Mask::Dense}, {"drop", Mask::Drop}, {"hash", Mask::Hash}};
  if (auto found = names.find(name); found != names.end())
    return found->second;
  fail("unknown mask '" + name + "'; there are dense, drop and hash");
}

static int numberOf(const std::string &digits) {
  int number = 0;
  const char *end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, number).ptr != end || number < 1)
    fail("'" + digits + "' is no number of steps");
  return number;
}

static Options readOptions(int count, char **words) {
  Options options;
  for (int n = 1; n < count; ++n) {
    const std::string word = words[n], name = word.substr(0, word.find('='));
    const std::string value = word.substr(std::min(word.size(), name.size() + 1));
    if (name == "--text")
      options.text = value;
    else if (name == "--masks")
      options.masks = split(value);
    else if (name == "--device")
      options.device = value;
    else if (name == "--steps")
      options.steps = numberOf(value);
    else if (word == "--check")
      options.check = true;
    else
      fail("unknown option '" + word +
           "'; there are --text, --masks, --steps, --device and --check");
  }
  for (const std::string &name : options.masks)
    maskOf(name);
  return options;
}

/// The norm of a difference, relative to that of the second.
static double distance(const std::vector<float> &a, const std::vector<float> &b) {
  double difference = 0, norm = 0;
  for (std::size_t n = 0; n < a.size(); ++n) {
    difference += std::pow(double(a[n]) - b[n], 2);
    norm += double(b[n]) * b[n];
  }
  return std::sqrt(difference / norm);
}

/// Trains with one mask; returns the mean loss of the last ten steps.
static double trainWith(const Options &options, const std::string &name, const Text &text,
                        Device &device, bool &failed) {
  const Mask mask = maskOf(name);
  ModelSizes sizes;
  sizes.vocabulary = text.vocabulary;
  sizes.attention = {4, 61, 2, 32};
  auto programs = AttentionPrograms::compile(device, sizes.attention.features,
                                             /*labelled=*/mask != Mask::Dense);
  constexpr unsigned seed = 1;
  Model model(sizes, seed, [&] { return makeDeviceAttention(programs, sizes.attention); });
  Model host(sizes, seed, [&] { return makeHostAttention(sizes.attention); });

  std::mt19937 ofText(seed), ofLabels(seed);
  std::vector<int> tokens, targets;
  std::vector<Labels> used(sizes.layers);
  auto makeOnce = [&](std::size_t layer, const Matrix &q, const Matrix &k) {
    return used[layer] = makeLabels(mask, q, k, sizes.attention, ofLabels);
  };
  auto sameAgain = [&](std::size_t layer, const Matrix &, const Matrix &) { return used[layer]; };
  double first = 0, last = 0;
  for (int step = 0; step < options.steps; ++step) {
    text.draw(sizes.attention, ofText, tokens, targets);
    const double loss = model.computeGradients(tokens, targets, makeOnce);
    if (step == 0) {
      first = loss;
      host.computeGradients(tokens, targets, sameAgain);
      const double error = distance(model.gradients(), host.gradients());
      std::printf("%s: gradients differ by %.2e from those in float64\n", name.c_str(), error);
      failed |= !(error < 0.005);
    }
    if (step % 10 == 0)
      std::printf("%s: step %d, loss %.3f\n", name.c_str(), step, loss);
    if (step >= options.steps - 10)
      last += loss / std::min(10, options.steps);
    model.update(3e-3f);
  }
  std::printf("%s: loss %.3f at first, %.3f at last\n", name.c_str(), first, last);
  failed |= !(last < first * 2 / 3);
  return last;
}

int main(int count, char **words) {
  const Options options = readOptions(count, words);
  const Text text(options.text);
  if (text.letters.size() < 1000)
    fail("needs a text of 1000 letters at least: --text=FILE");
  auto device = need(openDevice(options.device));
  std::printf("on %s\n", device->name().c_str());
  bool failed = false;
  double reference = 0;
  for (const std::string &name : options.masks) {
    const double loss = trainWith(options, name, text, *device, failed);
    if (name == options.masks.front())
      reference = loss;
    failed |= !(loss < 1.1 * reference);
  }
  return options.check && failed;
}
