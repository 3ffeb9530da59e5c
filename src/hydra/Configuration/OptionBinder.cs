namespace Hydra.Configuration;

/// <summary>Whose an option is.</summary>
internal enum OptionOwner
{
    /// <summary>Nobody's: --help and --version.</summary>
    None,

    /// <summary>There is one value in the process: <see cref="ServerOptions"/>.</summary>
    Server,

    /// <summary>Each application may have its own: <see cref="ApplicationOptions"/>.</summary>
    Application,
}

/// <summary>
/// Puts a value into the draft of the option's owner. Its types see to it that an option of an application changes nothing of the server,
/// and the other way round.
/// </summary>
internal sealed class OptionBinder
{
    private readonly Func<OptionsDraft, OptionValue, string?> _bind;

    private OptionBinder(OptionOwner owner, Func<OptionsDraft, OptionValue, string?> bind)
    {
        Owner = owner;
        _bind = bind;
    }

    /// <summary>Of what is done by itself and changes no option.</summary>
    public static OptionBinder None { get; } = new(OptionOwner.None, static (_, _) => null);

    /// <summary>Whose draft the value goes to.</summary>
    public OptionOwner Owner { get; }

    /// <summary>Of an option of the server.</summary>
    public static OptionBinder OfServer(Func<ServerDraft, OptionValue, string?> bind)
        => new(OptionOwner.Server, (draft, value) => bind(draft.Server, value));

    /// <summary>Of an option of an application.</summary>
    public static OptionBinder OfApplication(Func<ApplicationDraft, OptionValue, string?> bind)
        => new(OptionOwner.Application, (draft, value) => bind(draft.Application, value));

    /// <summary>Puts the value into the draft; switches are given "true" or "false".</summary>
    /// <returns>Null, or what is wrong with the value: the rest of a sentence that begins with the option.</returns>
    public string? Bind(OptionsDraft draft, OptionValue value) => _bind(draft, value);
}
