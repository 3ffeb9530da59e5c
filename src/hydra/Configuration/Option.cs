namespace Hydra.Configuration;

/// <summary>The sections of the help; the ring Cli has their order and titles.</summary>
internal enum OptionGroup
{
    Application,
    Address,
    Workers,
    Queue,
    State,
    Tasks,
    Timeouts,
    Bodies,
    Limits,
    Static,
    Tls,
    Http2,
    Proxies,
    WebSockets,
    Compression,
    Logging,
    Tuning,
    Development,
    Information,
}

/// <summary>One row of the <see cref="OptionTable"/>.</summary>
internal sealed class Option
{
    /// <summary>The long name without its dashes.</summary>
    public required string Name { get; init; }

    /// <summary>Other names that are accepted on the command line.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The letter that is its name behind one dash, or null.</summary>
    public char? Short { get; init; }

    /// <summary>Variables that other servers read too; they count less than HYDRA_….</summary>
    public IReadOnlyList<string> SharedVariables { get; init; } = [];

    /// <summary>What stands for the value in the help; null for a switch.</summary>
    public string? Placeholder { get; init; }

    /// <summary>What the option means without a value; null where it needs one. Then a value of its own is one of the words of the <see cref="Placeholder"/>.</summary>
    public string? BareValue { get; init; }

    /// <summary>The default as the user would write it, or a word about it in parentheses; null where there is none to speak of.</summary>
    public string? Default { get; init; }

    /// <summary>Where the help lists it. That says nothing of its <see cref="Owner"/>.</summary>
    public required OptionGroup Group { get; init; }

    /// <summary>What the help and docs/options.md say: one or two sentences.</summary>
    public required string Help { get; init; }

    /// <summary>May be given several times; a variable has its values separated by commas or spaces.</summary>
    public bool Repeatable { get; init; }

    /// <summary>Its one value has parts with commas between them, which may be an array in a file.</summary>
    public bool IsList { get; init; }

    /// <summary>Its values have commas of their own: several in a variable are separated by spaces alone.</summary>
    public bool HasCommas { get; init; }

    /// <summary>Whether there is a variable HYDRA_… for it.</summary>
    public bool HasVariable { get; init; } = true;

    /// <summary>Whose options its value goes to, and how.</summary>
    public required OptionBinder Binder { get; init; }

    /// <summary>Whether each application may have its own value.</summary>
    public OptionOwner Owner => Binder.Owner;

    /// <summary>A switch that has no opposite and no variable: --help and --version.</summary>
    public bool IsCommand => Owner is OptionOwner.None;

    /// <summary>The option takes no value; --no-… is its opposite.</summary>
    public bool IsSwitch => Placeholder is null;

    /// <summary>The variable of this option alone, or null.</summary>
    public string? Variable => IsCommand || !HasVariable ? null : "HYDRA_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>The name and the aliases.</summary>
    public IEnumerable<string> Names => Aliases.Prepend(Name);
}
