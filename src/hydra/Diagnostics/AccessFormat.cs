using System.Buffers;
using System.Text;
using Hydra.Primitives;

namespace Hydra.Diagnostics;

/// <summary>
/// What a line of the access log looks like: one of those that have a name, or a text with places such as %(h)s, as gunicorn, hypercorn and granian
/// have it. Immutable.
/// </summary>
internal sealed class AccessFormat
{
    private static readonly SearchValues<char> Precision = SearchValues.Create("0123456789.");

    private readonly IReadOnlyList<AccessPlace> _places;

    private AccessFormat(IReadOnlyList<AccessPlace> places, bool isJson = false, bool isTimed = false, bool isShort = false)
    {
        _places = places;
        IsJson = isJson;
        IsTimed = isTimed;
        IsShort = isShort;
    }

    /// <summary>Apache's and nginx's combined log format.</summary>
    public static AccessFormat Combined { get; } = Read("%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\"");

    /// <summary>The common log format.</summary>
    public static AccessFormat Common { get; } = Read("%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s");

    /// <summary>An object a line.</summary>
    public static AccessFormat Json { get; } = new([], isJson: true);

    /// <summary>Hydra's own, for people: local time to the millisecond, how long it took and how long it waited.</summary>
    public static AccessFormat Timed { get; } = new([], isTimed: true);

    /// <summary>Hydra's own, for who is writing the application: time, method, target, status, how long it took.</summary>
    public static AccessFormat Short { get; } = new([], isShort: true);

    /// <summary>Those that have a name.</summary>
    public static IReadOnlyList<(string Name, AccessFormat Format)> Named { get; } = [("combined", Combined), ("common", Common), ("json", Json), ("timed", Timed), ("short", Short)];

    /// <summary>An object a line: see <see cref="AccessJson"/>.</summary>
    public bool IsJson { get; }

    /// <summary>Hydra's own.</summary>
    public bool IsTimed { get; }

    /// <summary>Hydra's own, for who is writing the application.</summary>
    public bool IsShort { get; }

    /// <summary>The places, where it is made of such.</summary>
    public IReadOnlyList<AccessPlace> Places => _places;

    /// <summary>Whether lines say which host was asked for.</summary>
    public bool NamesHost => IsJson || _places.Any(static place => place.Field is AccessField.Host
        || (place.Field is AccessField.RequestHeader && place.Name.Equals("host", StringComparison.OrdinalIgnoreCase)));

    /// <summary>Reads a format.</summary>
    /// <param name="text">A name, or a text with places.</param>
    /// <param name="variables">The environment, for %({NAME}e)s.</param>
    /// <param name="format">The format; <see cref="Combined"/> where it is wrong.</param>
    /// <returns>Null, or what is wrong: the rest of a sentence that begins with the option.</returns>
    public static string? TryRead(string text, Func<string, string?> variables, out AccessFormat format)
    {
        format = Combined;
        foreach ((string name, AccessFormat named) in Named)
        {
            if (text.Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                format = named;
                return null;
            }
        }

        if (!text.Contains("%(", StringComparison.Ordinal))
        {
            string meant = EditDistance.Nearest(text, Named.Select(static one => one.Name)) is { } near ? $"; did you mean {near}?" : ".";
            return $"\"{text}\" is neither combined, common, json, timed or short nor a text with places such as %(h)s{meant}";
        }

        List<AccessPlace> places = [];
        string? problem = Read(text, variables, places);
        format = problem is null ? new AccessFormat(places) : Combined;
        return problem;
    }

    private static AccessFormat Read(string text)
    {
        List<AccessPlace> places = [];
        return Read(text, static _ => null, places) is null ? new AccessFormat(places) : throw new ArgumentException(text);
    }

    private static string? Read(string text, Func<string, string?> variables, List<AccessPlace> places)
    {
        var literal = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                literal.Append(text[i]);
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == '%')
            {
                literal.Append('%');
                i++;
                continue;
            }

            if (ReadPlace(text, ref i, variables, out AccessPlace place) is { } problem)
            {
                return problem;
            }

            if (place.Field is AccessField.Literal)
            {
                literal.Append(place.Name);
            }
            else
            {
                Flush(literal, places);
                places.Add(place);
            }
        }

        Flush(literal, places);
        return places.Any(static place => place.Name.AsSpan().IndexOfAny('\n', '\r') >= 0) ? "a line of the log has no line ends in it." : null;
    }

    private static void Flush(StringBuilder literal, List<AccessPlace> places)
    {
        if (literal.Length > 0)
        {
            places.Add(new AccessPlace(AccessField.Literal, literal.ToString()));
            literal.Clear();
        }
    }

    // %(name)s, %(name)d, %(name).3f: what stands at a percent sign; the position is moved to its last character.
    private static string? ReadPlace(string text, ref int position, Func<string, string?> variables, out AccessPlace place)
    {
        place = default;
        int close = position + 1 < text.Length && text[position + 1] == '(' ? text.IndexOf(')', position) : -1;
        int end = close < 0 ? -1 : text.AsSpan(close + 1).IndexOfAnyExcept(Precision);
        if (end < 0)
        {
            return $"\"{text[position..]}\" does not begin like a place; write %(h)s, and %% for a percent sign.";
        }

        string word = text[(position + 2)..close];
        string precision = text[(close + 1)..(close + 1 + end)];
        string whole = text[position..(close + 2 + end)];
        char conversion = text[close + 1 + end];
        position = close + 1 + end;
        if (conversion is not ('s' or 'd' or 'i' or 'f') || (precision.Length > 0 && (conversion != 'f' || precision.Length != 2 || precision[0] != '.' || precision[1] == '.')))
        {
            return $"\"{whole}\": places end with s, d, f or .3f.";
        }

        int decimals = conversion is 'd' or 'i' ? 0 : conversion == 's' ? -1 : precision.Length == 2 ? precision[1] - '0' : 6;
        if (ReadNamed(word, variables) is { } named)
        {
            place = named;
            return conversion == 's' ? null : $"\"{whole}\" is text: write %({word})s.";
        }

        foreach ((string known, AccessField field, bool isNumber) in AccessFields.All)
        {
            if (known == word)
            {
                place = new AccessPlace(field, "", decimals);
                return isNumber || conversion == 's' ? null : $"\"{whole}\" is text: write %({word})s.";
            }
        }

        string? near = word.Length > 2 ? EditDistance.Nearest(word, AccessFields.All.Select(static one => one.Word).Where(static one => one.Length > 2)) : null;
        return $"\"{whole}\" is no place of the access log{(near is null ? "; docs/logs.md lists them." : $"; did you mean %({near})s?")}";
    }

    // {name}i, {name}o, {name}e, and header{name}, which is granian's for the first.
    private static AccessPlace? ReadNamed(string word, Func<string, string?> variables)
    {
        int open = word.IndexOf('{', StringComparison.Ordinal);
        int close = word.IndexOf('}', StringComparison.Ordinal);
        if (open < 0 || close <= open + 1)
        {
            return null;
        }

        string name = word[(open + 1)..close].Trim();
        return (word[..open], word[(close + 1)..]) switch
        {
            ("", "i") or ("header", "") => new AccessPlace(AccessField.RequestHeader, name),
            ("", "o") => new AccessPlace(AccessField.ResponseHeader, name),
            ("", "e") => new AccessPlace(AccessField.Literal, ControlText.Escape(variables(name) ?? "-")),
            _ => null,
        };
    }
}
