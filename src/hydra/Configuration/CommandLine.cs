using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>
/// Makes options out of the command line, the environment and a configuration file. The command line counts most, then HYDRA_…, then shared variables,
/// by which a platform says what it wants of any program (PORT), then the file, then the defaults.
/// </summary>
internal static class CommandLine
{
    /// <summary>The first argument of who wants to see what comes of all that was said. A module of this name is check:app, or --app check.</summary>
    private const string CheckWord = "check";

    /// <summary>The first argument of who is writing the application: <see cref="DevelopmentDefaults"/> count where nobody says anything else.</summary>
    private const string DevelopmentWord = "dev";

    private static readonly Dictionary<string, string> DevelopmentDefaults = new(StringComparer.Ordinal)
    {
        ["reload"] = "true",
        ["access-log"] = "true",
        ["access-log-format"] = "short",

        // Ctrl-C is to end it, whatever runs: an open stream, or a prompt. What a change replaces has its time.
        ["graceful-timeout"] = "2s",
        ["drain-timeout"] = "30s",
    };

    /// <summary>Reads everything and reports everything that is wrong at once.</summary>
    /// <param name="args">The arguments without the program's name.</param>
    /// <param name="environment">The variables; see <see cref="EnvironmentScanner.Current"/>.</param>
    /// <param name="host">The machine, for the defaults; null for this one.</param>
    /// <param name="discover">Finds the application in a directory where none is named; null not to look for it.</param>
    /// <param name="configure">Finds the configuration file, such as <see cref="ConfigFile.Find"/>; null to read none.</param>
    public static ParseResult Parse(
        IReadOnlyList<string> args, IReadOnlyDictionary<string, string> environment, HostFacts? host = null, Func<string, FoundApp?>? discover = null,
        ConfigFinder? configure = null)
    {
        List<string> errors = [];
        bool isCheck = args.Count > 0 && args[0] == CheckWord;
        bool isDevelopment = args.Count > 0 && args[0] == DevelopmentWord;
        args = isCheck || isDevelopment ? [.. args.Skip(1)] : args;
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
        int before = errors.Count;
        ConfigFile file = Configure(given, environment, configure, errors);
        bool isFileWrong = errors.Count > before;
        List<(Option Option, IReadOnlyList<OptionValue> Values)> settings = [];
        foreach (Option option in OptionTable.All)
        {
            IReadOnlyList<OptionValue> values = ValuesOf(option, given, environment, file);
            if (values.Count == 0 && isDevelopment && DevelopmentDefaults.TryGetValue(option.Name, out string? usual))
            {
                values = [new OptionValue(usual, new OptionSource(SourceRank.CommandLine, DevelopmentWord))];
            }

            settings.Add((option, values));
            Bind(option, values, draft, errors);
        }

        draft.Server.Options = draft.Server.Options with { ChecksOnly = isCheck || draft.Server.Options.ChecksOnly };

        if (ApplicationNaming.Settle(draft.Application) is { } problem)
        {
            errors.Insert(0, $"{draft.Application.App!.Value.Source.Describe(OptionTable.Get("app"))}: {problem}");
        }

        bool isNamed = draft.Application.IsNamed || draft.Server.Mounts.Count > 0;
        string? taken = isNamed || draft.Application.Options.IsProgram ? null : Discover(draft, discover);
        HydraOptions options = Finish(draft, errors);
        List<string> remarks = [];
        options = TraceVariables.Settle(options, environment, errors.Add, remarks.Add);

        // A file with a mistake may name one where the mistake is.
        if (!isNamed && taken is null && !isFileWrong)
        {
            errors.Add(NothingNamed(draft.Application.Options));
        }

        return errors.Count > 0
            ? new ParseResult.Errors([.. errors.Select(static error => ControlText.Escape(error))])
            : new ParseResult.Run(options, [.. taken is null ? Array.Empty<string>() : [taken], .. options.Applications.SelectMany(ApplicationNaming.Warnings).Distinct(), .. TlsRules.Warnings(options.Server), .. remarks, .. LoneOptions.Warnings(settings), .. EnvironmentScanner.Warnings(environment), .. EnvironmentScanner.WarningsOfPeers(environment)]) { Settings = isCheck ? settings : null };
    }

    /// <summary>The value of one option alone, found as the server finds it: given, in the environment, in the file.</summary>
    /// <param name="name">The option.</param>
    /// <param name="given">What was given, by the long names of options.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="configure">Finds the configuration file; null to read none.</param>
    /// <param name="errors">Told what is wrong with the file.</param>
    public static OptionValue? Find(
        string name, IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string> environment, ConfigFinder? configure, List<string> errors)
    {
        (Option Option, OptionValue Value)[] values = [.. given.Where(static one => OptionTable.Find(one.Key) is not null)
            .Select(static one => (OptionTable.Get(one.Key), new OptionValue(one.Value, new OptionSource(SourceRank.CommandLine, "--" + one.Key))))];
        Option option = OptionTable.Get(name);

        // A file that is wrong elsewhere is the server's affair; but it is not read where what counts more says it.
        IReadOnlyList<OptionValue> found = ValuesOf(option, values, environment, ConfigFile.None);
        found = found.Count > 0 ? found : ValuesOf(option, values, environment, Configure(values, environment, configure, errors));
        return found.Count > 0 ? found[^1] : null;
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

    private static string NothingNamed(ApplicationOptions options) => options.IsProgram
        ? $"No command is named. Give it behind all options, such as \"hydra --interface {options.Interface} -- node server.js\"."
        : "No application is named. Give it as module:attribute, such as \"hydra main:app\" for the object \"app\" in main.py.";

    // What no option is wrong in alone.
    private static HydraOptions Finish(OptionsDraft draft, List<string> errors)
    {
        ServerOptions server = draft.Server.Options;
        IReadOnlyList<ApplicationOptions> mounted = Mounts.Read(draft, errors);
        IReadOnlyList<ApplicationOptions> applications = draft.Application.IsNamed ? [draft.Application.Options, .. mounted] : mounted;
        applications = [.. applications, .. Pools.Read(draft, applications, errors)];
        server = server with { TaskPools = TaskPools.Read(draft, errors) };
        AddressOptions addresses = server.Addresses with { Binds = AddressRules.Resolve(draft.Server.Addresses, errors.Add) };
        CheckOwn("--metrics", addresses.Metrics, addresses.Binds, errors);
        CheckOwn("--dashboard", addresses.Dashboard, addresses.Served, errors);

        if (draft.Host.IsWindows && addresses.Binds.OfType<BindAddress.Descriptor>().Any())
        {
            errors.Add("Sockets cannot be inherited by their number on Windows: give an address instead of a descriptor.");
        }

        server = server with { Static = StaticRules.Settle(server.Static, errors.Add) };
        if (server.Logs is { File: not null, UsesSyslog: true })
        {
            errors.Add("--log-file and --log-syslog are two places for one log: leave one out.");
        }

        TlsRules.Check(server.Tls, errors.Add);
        TlsRules.Check(addresses.Binds, server.Tls, errors.Add);
        TlsRules.CheckHttp3(server, errors.Add);
        bool preloads = applications.Concat(server.TaskPools).Any(static application => application.Python.Preload);
        if (preloads && draft.Host.IsWindows)
        {
            errors.Add("--preload forks workers, which Windows cannot do: leave it out.");
        }
        else if (preloads && server.Tuning.WorkerTransport is WorkerTransport.Tcp)
        {
            errors.Add("--preload needs --worker-transport uds: the workers' streams are passed over a Unix socket.");
        }

        errors.AddRange(applications.SelectMany(ApplicationNaming.Contradictions).Distinct());
        errors.AddRange(AffinityText.Contradictions(applications));
        return new HydraOptions(server with { Addresses = addresses }, applications);
    }

    private static void CheckOwn(string option, BindAddress? address, IReadOnlyList<BindAddress> others, List<string> errors)
    {
        if (address is not null and not BindAddress.Tcp { Port: 0 } && others.Any(other => other with { IsTls = null, IsUwsgi = null } == address))
        {
            errors.Add($"{option}: {address} is the address of the application{(option == "--metrics" ? "" : " or the metrics")}: give it one of its own.");
        }
    }

    // In the directory that --chdir names: it is entered before anything else.
    private static ConfigFile Configure(
        IReadOnlyList<(Option Option, OptionValue Value)> given, IReadOnlyDictionary<string, string> environment, ConfigFinder? configure, List<string> errors)
    {
        OptionValue? Last(string name) => ValuesOf(OptionTable.Get(name), given, environment, ConfigFile.None) is { Count: > 0 } values ? values[^1] : null;
        OptionValue? named = Last("config");
        return configure is null || (named is { } value && ConfigRules.ProblemOf(value.Text) is not null)
            ? ConfigFile.None
            : configure(named, Last("chdir")?.Text ?? "", errors);
    }

    private static IReadOnlyList<OptionValue> ValuesOf(
        Option option, IReadOnlyList<(Option Option, OptionValue Value)> given, IReadOnlyDictionary<string, string> environment, ConfigFile file)
    {
        OptionValue[] values = [.. given.Where(pair => pair.Option == option).Select(static pair => pair.Value)];
        if (values.Length > 0)
        {
            // The last one wins, so that a wrapper's options can be overridden by what follows them.
            return option.Repeatable ? values : [values[^1]];
        }

        IReadOnlyList<OptionValue> others = EnvironmentScanner.ValuesOf(option, environment);
        return others.Count > 0 ? others : file.ValuesOf(option);
    }

    private static void Bind(Option option, IReadOnlyList<OptionValue> values, OptionsDraft draft, List<string> errors)
    {
        foreach (OptionValue value in values)
        {
            if (option.Binder.Bind(draft, value) is { } problem)
            {
                errors.Add($"{value.Source.Describe(option)}: {problem}");
            }
        }
    }
}
