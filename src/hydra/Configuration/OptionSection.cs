using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads a value, and gives the section with that in it.</summary>
/// <returns>Null, or what is wrong with the value.</returns>
internal delegate string? SectionReader<T>(string text, T before, out T after);

/// <summary>Reads a value.</summary>
/// <returns>Null, or what is wrong with it: the rest of a sentence that begins with the option.</returns>
internal delegate string? ItemReader<TItem>(string text, out TItem item);

/// <summary>A part of the options, and the kinds of values that are put into it.</summary>
/// <param name="make">The binder of the section's owner.</param>
internal sealed class OptionSection<T>(Func<SectionReader<T>, OptionBinder> make)
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromHours(24);

    /// <summary>Text as it is.</summary>
    public OptionBinder Text(Func<T, string, T> set) => make((text, before, out after) =>
    {
        after = set(before, text);
        return null;
    });

    /// <summary>
    /// A path, or a name that is one: not empty, as a variable of a shell is that was never set. <paramref name="check"/> says what else may be
    /// wrong with it.
    /// </summary>
    public OptionBinder Path(Func<T, string, T> set, Func<string, string?>? check = null) => make((text, before, out after) =>
    {
        after = set(before, text);
        return text.Length == 0 ? "the path is empty." : text.Contains('\0', StringComparison.Ordinal) ? "the path contains a NUL character." : check?.Invoke(text);
    });

    /// <summary>Peers, with commas or spaces between them.</summary>
    public OptionBinder Peers(Func<T, PeerList, T> set) => make((text, before, out after) =>
    {
        string? problem = PeerList.Read(text, out PeerList peers);
        after = set(before, peers);
        return problem;
    });

    /// <summary>What is read by a function: null, or what is wrong with it.</summary>
    public OptionBinder Read(SectionReader<T> read) => make(read);

    /// <summary>What a reader of its own reads.</summary>
    public OptionBinder Item<TItem>(ItemReader<TItem> read, Func<T, TItem, T> set) => make((text, before, out after) =>
    {
        string? problem = read(text, out TItem item);
        after = set(before, item);
        return problem;
    });

    /// <summary>Yes or no.</summary>
    public OptionBinder Switch(Func<T, bool, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.Boolean(text, out bool isOn);
        after = set(before, isOn);
        return problem;
    });

    /// <summary>Yes, no, or yes with a duration of at most a day. 0 and 1 are no and yes, as in the variables of switches; 0s and 1s are durations.</summary>
    public OptionBinder SwitchOrDuration(Func<T, bool, TimeSpan?, T> set) => make((text, before, out after) =>
    {
        if (ValueReader.Boolean(text, out bool isOn) is null)
        {
            after = set(before, isOn, null);
            return null;
        }

        string? problem = ValueReader.Duration(text, TimeSpan.Zero, LongestTimeout, out TimeSpan duration);
        after = set(before, true, duration);
        return problem;
    });

    /// <summary>A whole number.</summary>
    public OptionBinder Integer(int minimum, int maximum, Func<T, int, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.Integer(text, minimum, maximum, out int number);
        after = set(before, number);
        return problem;
    });

    /// <summary>A whole number from 1, or "auto", which gives null.</summary>
    public OptionBinder IntegerOrAuto(int maximum, Func<T, int?, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.IntegerOrAuto(text, 1, maximum, out int? number);
        after = set(before, number);
        return problem;
    });

    /// <summary>A whole number from 0, or "auto", which gives null.</summary>
    public OptionBinder CountOrAuto(int maximum, Func<T, int?, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.IntegerOrAuto(text, 0, maximum, out int? number);
        after = set(before, number);
        return problem;
    });

    /// <summary>A duration of at most a day.</summary>
    public OptionBinder Duration(TimeSpan minimum, Func<T, TimeSpan, T> set) => Duration(minimum, LongestTimeout, set);

    /// <summary>A duration.</summary>
    public OptionBinder Duration(TimeSpan minimum, TimeSpan maximum, Func<T, TimeSpan, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.Duration(text, minimum, maximum, out TimeSpan duration);
        after = set(before, duration);
        return problem;
    });

    /// <summary>A number of bytes.</summary>
    public OptionBinder Size(long minimum, long maximum, Func<T, long, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.Size(text, minimum, maximum, out long bytes);
        after = set(before, bytes);
        return problem;
    });

    /// <summary>Permissions of a file, in octal.</summary>
    public OptionBinder Permissions(Func<T, UnixFileMode, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.Permissions(text, out UnixFileMode mode);
        after = set(before, mode);
        return problem;
    });

    /// <summary>A mask of permissions, in octal.</summary>
    public OptionBinder Umask(Func<T, UnixFileMode, T> set) => make((text, before, out after) =>
    {
        string? problem = ValueReader.Umask(text, out UnixFileMode mode);
        after = set(before, mode);
        return problem;
    });

    /// <summary>One of several words; <paramref name="translate"/> makes one of them out of what else is taken.</summary>
    public OptionBinder Choice<TValue>(
        IReadOnlyList<(string Name, TValue Value)> choices, Func<T, TValue, T> set, Func<string, string>? translate = null)
        => make((text, before, out after) =>
        {
            string? problem = ValueReader.Choice(translate?.Invoke(text) ?? text, choices, out TValue chosen);
            after = set(before, chosen);
            return problem;
        });
}
