namespace Hydra.Configuration;

/// <summary>What kind of value a <see cref="TomlNode"/> is.</summary>
internal enum TomlKind
{
    String,
    Integer,
    Float,
    Boolean,

    /// <summary>A date, a time or both, with or without an offset.</summary>
    Moment,

    Array,
    Table,
}

/// <summary>How a table has come to be, which decides who may add to it (TOML 1.0, "Table").</summary>
internal enum TomlOrigin
{
    /// <summary>Named on the way to a table below it.</summary>
    Implied,

    /// <summary>By a header of its own.</summary>
    Header,

    /// <summary>By the dots of a key.</summary>
    Dotted,

    /// <summary>In braces: complete.</summary>
    Inline,
}

/// <summary>A value of a TOML document, and the line that it begins in.</summary>
internal sealed class TomlNode
{
    private readonly Dictionary<string, TomlNode> _members = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    /// <summary>Makes a value.</summary>
    public TomlNode(TomlKind kind, int line, string text = "")
    {
        Kind = kind;
        Line = line;
        Text = text;
    }

    /// <summary>What kind of value it is.</summary>
    public TomlKind Kind { get; }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>Of a string what it means; of a number its digits without underscores, an integer in decimal; else as it is written.</summary>
    public string Text { get; }

    /// <summary>The elements of an array.</summary>
    public List<TomlNode> Items { get; } = [];

    /// <summary>Whether an array was made by headers in double brackets.</summary>
    public bool IsOfHeaders { get; init; }

    /// <summary>How a table has come to be.</summary>
    public TomlOrigin Origin { get; set; }

    /// <summary>The keys of a table, in their order.</summary>
    public IReadOnlyList<string> Keys => _order;

    /// <summary>A member of a table, or null.</summary>
    public TomlNode? Find(string key) => _members.GetValueOrDefault(key);

    /// <summary>Adds a member to a table that has none of this name.</summary>
    public TomlNode Add(string key, TomlNode member)
    {
        _members.Add(key, member);
        _order.Add(key);
        return member;
    }
}

/// <summary>A document is no TOML.</summary>
/// <param name="line">The line, from 1.</param>
/// <param name="message">What is wrong there: a sentence's rest, without a full stop.</param>
internal sealed class TomlException(int line, string message) : Exception(message)
{
    /// <summary>The line, from 1.</summary>
    public int Line => line;
}
