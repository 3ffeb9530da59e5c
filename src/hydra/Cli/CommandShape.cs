using Hydra.Configuration;

namespace Hydra.Cli;

/// <summary>A first word that is a command of its own, as completions and the manual show it.</summary>
/// <param name="Name">The word.</param>
/// <param name="Help">What it does, in a sentence.</param>
/// <param name="Options">Its options.</param>
/// <param name="Words">The words that it takes, with what they do.</param>
internal sealed record CommandShape(string Name, string Help, IReadOnlyList<Option> Options, IReadOnlyList<CommandWord> Words);

/// <summary>A word that a command takes.</summary>
/// <param name="Name">The word.</param>
/// <param name="Argument">What stands for its argument; empty where it has none.</param>
/// <param name="Help">What it does, in a sentence.</param>
/// <param name="Values">What its argument may be, where that is one of some words.</param>
internal sealed record CommandWord(string Name, string Argument, string Help, IReadOnlyList<string> Values);
