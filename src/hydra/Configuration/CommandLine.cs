using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>
/// Makes options out of the command line and the environment. The command line counts most, then HYDRA_…, then shared variables, then
/// the defaults.
/// </summary>
internal static class CommandLine
{
    /// <summary>Reads everything and reports everything that is wrong at once.</summary>
    /// <param name="args">The arguments without the program's name.</param>
    /// <param name="environment">The variables; see <see cref="EnvironmentScanner.Current"/>.</param>
    /// <param name="host">The machine, for the defaults; null for this one.</param>
    /// <param name="discover">Finds the application in a directory where none is named; null not to look for it.</param>
    public static ParseResult Parse(
        IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment, HostFacts? host = null, Func<string, FoundApp?>? discover = null)
    {
        List<string> errors = [];
        IReadOnlyList<(Option Option, OptionValue Value)> given = ArgumentScanner.Scan(args, errors);

        // Somebody who asks for help gets it, whatever else is wrong.
        if (given.Any(static pair => pair.Option.Name == "help"))
        {
            return new ParseResult.ShowHelp();
        }

        if (given.Any(static pair => pair.Option.Name == "version"))
        {
            return new ParseResult.ShowVersion();
        }

        var draft = new OptionsDraft(host ?? HostFacts.Current);
        foreach (Option option in OptionTable.All)
        {
            Bind(option, given, environment, draft, errors);
        }

        if (ApplicationNaming.Settle(draft.Application) is { } problem)
        {
            errors.Insert(0, $"{draft.Application.App!.Value.Source.Describe(OptionTable.Get("app"))}: {problem}");
        }

        bool isNamed = draft.Application.IsNamed || draft.Application.Options.IsProgram || draft.Server.Mounts.Count > 0;
        string? taken = isNamed || errors.Count > 0 ? null : Discover(draft, discover);
        HydraOptions options = Finish(draft, errors);
        return errors.Count > 0
            ? new ParseResult.Errors([.. errors.Select(static error => ControlText.Escape(error))])
            : new ParseResult.Run(options, [.. taken is null ? Array.Empty<string>() : [taken], .. options.Applications.SelectMany(ApplicationNaming.Warnings), .. EnvironmentScanner.Warnings(environment), .. EnvironmentScanner.WarningsOfPeers(environment)]);
    }

    // Takes what lies there, and says so.
    private static string? Discover(OptionsDraft draft, Func<string, FoundApp?>? discover)
    {
        ApplicationOptions application = draft.Application.Options;
        string directory = Path.Combine(draft.Server.Options.WorkingDirectory ?? "", application.AppDir);
        if (discover?.Invoke(directory.Length > 0 ? directory : ".") is not { } found || AppReference.Read(found.App, out string app, out _) is not null)
        {
            return null;
        }

        draft.Application.Options = application with { App = app };
        draft.Application.IsNamed = true;
        return $"no application is named: {ControlText.Escape(app)} is taken, by {found.Where}";
    }

    // What no option is wrong in alone.
    private static HydraOptions Finish(OptionsDraft draft, List<string> errors)
    {
        ServerOptions server = draft.Server.Options;
        IReadOnlyList<ApplicationOptions> mounted = Mounts.Read(draft, errors);
        IReadOnlyList<ApplicationOptions> applications = draft.Application.IsNamed ? [draft.Application.Options, .. mounted] : mounted;
        AddressOptions addresses = server.Addresses with { Binds = AddressRules.Resolve(draft.Server.Addresses, errors.Add) };
        if (addresses.Metrics is { } metrics && metrics is not BindAddress.Tcp { Port: 0 } && addresses.Binds.Any(bind => bind with { IsTls = null } == metrics))
        {
            errors.Add($"--metrics: {metrics} is the address of the application: give it one of its own.");
        }

        if (draft.Host.IsWindows && addresses.Binds.OfType<BindAddress.Descriptor>().Any())
        {
            errors.Add("Sockets cannot be inherited by their number on Windows: give an address instead of a descriptor.");
        }

        server = server with { Static = StaticRules.Settle(server.Static, errors.Add) };
        TlsRules.Check(server.Tls, errors.Add);
        TlsRules.Check(addresses.Binds, server.Tls, errors.Add);
        bool preloads = applications.Any(static application => application.Python.Preload);
        if (preloads && draft.Host.IsWindows)
        {
            errors.Add("--preload forks workers, which Windows cannot do: leave it out.");
        }
        else if (preloads && server.Tuning.WorkerTransport is WorkerTransport.Tcp)
        {
            errors.Add("--preload needs --worker-transport uds: the workers' streams are passed over a Unix socket.");
        }

        errors.AddRange(applications.SelectMany(ApplicationNaming.Contradictions));
        if (!draft.Application.IsNamed && draft.Server.Mounts.Count == 0)
        {
            errors.Add(draft.Application.Options.IsProgram
                ? $"No command is named. Give it behind all options, such as \"hydra --interface {draft.Application.Options.Interface} -- node server.js\"."
                : "No application is named. Give it as module:attribute, such as \"hydra main:app\" for the object \"app\" in main.py.");
        }

        return new HydraOptions(server with { Addresses = addresses }, applications);
    }

    private static void Bind(
        Option option,
        IReadOnlyList<(Option Option, OptionValue Value)> given,
        IReadOnlyDictionary<string, string> environment,
        OptionsDraft draft,
        List<string> errors)
    {
        IReadOnlyList<OptionValue> values = [.. given.Where(pair => pair.Option == option).Select(static pair => pair.Value)];
        if (values.Count == 0)
        {
            values = EnvironmentScanner.ValuesOf(option, environment);
        }
        else if (!option.Repeatable)
        {
            // The last one wins, so that a wrapper's options can be overridden by what follows them.
            values = [values[^1]];
        }

        foreach (OptionValue value in values)
        {
            if (option.Binder.Bind(draft, value) is { } problem)
            {
                errors.Add($"{value.Source.Describe(option)}: {problem}");
            }
        }
    }
}
