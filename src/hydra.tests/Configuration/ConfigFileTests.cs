using Hydra.Cli;
using Hydra.Coding;
using Hydra.Configuration;
using Hydra.Primitives;
using Xunit;

namespace Hydra.Tests.Configuration;

/// <summary>Options in hydra.toml and pyproject.toml: what <see cref="ConfigFile"/> and <see cref="ConfigKeys"/> make of them.</summary>
public sealed class ConfigFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hydra-config").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Parse_EachKindOfValue_IsTaken()
    {
        HydraOptions options = Run(
            """
            app = "shop.wsgi:application"
            workers = 4
            worker_max_rss = "512m"
            graceful-timeout = 2.5
            preload = true
            bind = ["127.0.0.1:8001", "127.0.0.1:8002"]
            access-log = true
            access-log-skip = "/health"

            [env]
            MODE = "a b"
            LEVEL = 3

            [[mount]]
            place = "/api"
            app = "shop.api:app"
            workers = 2
            preload = false
            env = { KEY = "v" }

            [[task-pool]]
            name = "model"
            class = "shop.models:Model"
            workers = 2
            request-timeout = 60
            env = { KEY = "w" }
            """);

        ApplicationOptions shop = options.Applications[0];
        Assert.Equal(("shop.wsgi:application", 4, 512L << 20, true), (shop.App, shop.Workers.Count, shop.Replacement.MaxRss, shop.Python.Preload));
        Assert.Equal([new("MODE", "a b"), new("LEVEL", "3")], shop.Variables);
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.Server.GracefulTimeout);
        Assert.Equal(["127.0.0.1:8001", "127.0.0.1:8002"], options.Server.Addresses.Binds.Select(static bind => bind.ToString()));
        Assert.True(options.Server.Logs.Access);
        Assert.Single(options.Server.Logs.AccessSkips);
        ApplicationOptions api = options.Applications[1];
        Assert.Equal(("shop.api:app", 2, false, "/api"), (api.App, api.Workers.Count, api.Python.Preload, api.Place.Path));
        Assert.Contains(new KeyValuePair<string, string>("KEY", "v"), api.Variables);
        ApplicationOptions model = Assert.Single(options.Server.TaskPools);
        Assert.Equal(("model", "shop.models:Model", 2, TimeSpan.FromMinutes(1)), (model.Pool, model.App, model.Workers.Count, model.Timeouts.Request));
        Assert.Contains(new KeyValuePair<string, string>("KEY", "w"), model.Variables);
    }

    [Fact]
    public void Parse_Pools_AreTables()
    {
        HydraOptions options = Run(
            """
            app = "main:app"
            workers = 4
            threads = 3

            [[pool]]
            name = "slow"
            routes = ["/export/*", "/a,b=c"]
            workers = "1:4"
            queue-size = 50
            limit_concurrency = 8
            preload = true
            env = { KEY = "v" }

            [[pool]]
            name = "health"
            routes = "/health"
            workers = 1
            """);

        ApplicationOptions slow = options.Applications[1];
        Assert.Equal(("slow", "main:app", 1, 4), (slow.Pool, slow.App, slow.Workers.Count, slow.Workers.Maximum));
        Assert.Equal((50, 8, 3, true), (slow.Queue.Size, slow.Queue.LimitConcurrency, slow.Python.Threads, slow.Python.Preload));
        Assert.Equal(["/export", "/a,b=c"], slow.Routes.Select(static place => place.ToString()));
        Assert.Contains(new KeyValuePair<string, string>("KEY", "v"), slow.Variables);
        ApplicationOptions health = options.Applications[2];
        Assert.Equal(("health", 1, 3), (health.Pool, health.Workers.Count, health.Python.Threads));
    }

    [Fact]
    public void Parse_PoolsOnTheCommandLine_TakeThePlaceOfTheFiles()
        => Assert.Equal(["", "own"], Run("[[pool]]\nname = \"slow\"\nroutes = \"/a\"\nworkers = 2", [], "main:app", "--pool", "own:/b=1").Applications.Select(static one => one.Pool));

    [Fact]
    public void Parse_CommandOfAProgram_IsAnArray()
        => Assert.Equal(["node", "my server.js"], Run("interface = \"proxy\"\napp = [\"node\", \"my server.js\"]").Applications[0].Command);

    [Theory]
    [InlineData("workers = 2", "", "", 2)]
    [InlineData("workers = 2", "WEB_CONCURRENCY=3", "", 3)]
    [InlineData("workers = 2", "WEB_CONCURRENCY=3 HYDRA_WORKERS=4", "", 4)]
    [InlineData("workers = 2", "HYDRA_WORKERS=4", "-w 5", 5)]
    public void Parse_SaidInSeveralPlaces_TheNearestToTheRunCounts(string text, string variables, string arguments, int expected)
    {
        (string, string)[] environment = [.. variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static one => (one.Split('=')[0], one.Split('=')[1]))];
        Assert.Equal(expected, Run(text, environment, [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), "main:app"]).Applications[0].Workers.Count);
    }

    [Fact]
    public void Parse_PortOfThePlatform_BeatsTheFilesAddress()
        => Assert.Equal([9000], Run("bind = \"127.0.0.1:8001\"", [("PORT", "9000")], "main:app").Server.Addresses.Binds.OfType<BindAddress.Tcp>().Select(static bind => bind.Port));

    [Theory]
    [InlineData("\n\nworkerz = 2", "workerz (hydra.toml, line 3): hydra has no such option; did you mean workers?")]
    [InlineData("[server]\nport = 1", "server (hydra.toml, line 1): hydra has no such table: options are keys of the file itself.")]
    [InlineData("[log]\nlevel = \"info\"", "log (hydra.toml, line 1): hydra has no such table: options are keys of the file itself.")]
    [InlineData("ws = \"none\"", "ws (hydra.toml, line 1): takes auto, websockets, websockets-sansio or wsproto")]
    [InlineData("ping-timeout = 5", "ping-timeout (hydra.toml, line 1): hydra has no such option; did you mean ws-ping-timeout?")]
    [InlineData("workers = \"many\"", "workers (hydra.toml, line 1): \"many\" is")]
    [InlineData("workers = [1, 2]", "workers (hydra.toml, line 1): it takes one value, and no array.")]
    [InlineData("workers = 1979-05-27", "workers (hydra.toml, line 1): no option takes a date or a time.")]
    [InlineData("[workers]\na = 1", "workers (hydra.toml, line 1): it takes no table.")]
    [InlineData("check-config = true", "check-config (hydra.toml, line 1): it is for the command line alone.")]
    [InlineData("log-file = \"a\"\nerror_logfile = \"b\"", "error_logfile (hydra.toml, line 2): it is said twice, by two of its names.")]
    [InlineData("touch-reload = \"a\"", "touch-reload (hydra.toml, line 1): a change of any file of the code is seen by --reload")]
    [InlineData("[[mount]]\nplace = \"/a\"", "mount (hydra.toml, line 1): a mount has a place and an app")]
    [InlineData("[[mount]]\nplace = \"/a\"\napp = \"a:a\"\nbind = \"x\"", "mount (hydra.toml, line 1): bind is the server's, and no mount's.")]
    [InlineData("[[mount]]\nplace = \"/a\"\napp = \"a:a\"\nworkerz = 1", "mount (hydra.toml, line 1): a mount has no option workerz; did you mean workers?")]
    [InlineData("[[task-pool]]\nname = \"model\"", "task-pool (hydra.toml, line 1): a pool has a name and a class")]
    [InlineData("[task-pool]\nname = \"model\"", "task-pool (hydra.toml, line 1): it is an array: [[task-pool]] begins each.")]
    [InlineData("[[task_pool]]\nname = \"m\"\nclass = \"a:A\"\nbind = \"x\"", "task_pool (hydra.toml, line 1): bind is the server's, and no pool's.")]
    [InlineData("[[task-pool]]\nname = \"m\"\nclass = \"a:A\"\nworkerz = 1", "task-pool (hydra.toml, line 1): a pool has no option workerz; did you mean workers?")]
    [InlineData("[[task-pool]]\nname = \"m\"\nclass = \"a:A\"\nlifespan = \"on\"", "task-pool (hydra.toml, line 1): lifespan says nothing to a pool")]
    [InlineData("[[pool]]\nname = \"slow\"\nworkers = 2", "pool (hydra.toml, line 1): a pool has a name, routes and workers")]
    [InlineData("[[pool]]\nname = \"slow\"\nroutes = []\nworkers = 2", "pool (hydra.toml, line 1): routes is a path, or an array of paths.")]
    [InlineData("[[pool]]\nname = \"slow\"\nroutes = [2]\nworkers = 2", "pool (hydra.toml, line 1): routes is a path, or an array of paths.")]
    [InlineData("[[pool]]\nname = \"slow\"\nroutes = \"/a\"\nworkers = [2]", "pool (hydra.toml, line 1): it takes one value, and no array.")]
    [InlineData("[[pool]]\nname = \"slow\"\nroutes = \"/a\"\nworkers = 2\nbind = \"x\"", "pool (hydra.toml, line 1): bind is the server's, and no pool's.")]
    [InlineData("[[pool]]\nname = \"slow\"\nroutes = \"/a\"\nworkers = 2\nqueue-sice = 1", "pool (hydra.toml, line 1): a pool has no option queue-sice; did you mean queue-size?")]
    [InlineData("[[pool]]\nname = \"slow\"\nroutes = \"/a\"\nworkers = 2\n[[pool]]\nname = \"no name\"\nroutes = \"/b\"\nworkers = 1", "pool (hydra.toml, line 5): \"no name:/b=1\" is not of the form")]
    [InlineData("[pool]\nname = \"slow\"", "pool (hydra.toml, line 1): it is an array: [[pool]] begins each.")]
    [InlineData("workers = ", "hydra.toml, line 1: the value is missing.")]
    public void Parse_Mistake_IsASentenceWithItsPlace(string text, string expected)
    {
        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), text);
        string error = Assert.Single(Assert.IsType<ParseResult.Errors>(Parse([], ["main:app"])).Messages).Replace(_directory + "/", "", StringComparison.Ordinal);

        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("app = \"a:b\"\napp = \"c:d\"", "app is there already")]
    [InlineData("app = ", "the value is missing")]
    [InlineData("app = 1979-05-27", "no option takes a date or a time")]
    [InlineData("[[mount]]\nplace = \"/a\"", "a mount has a place and an app")]
    [InlineData("aplication = \"a:b\"", "hydra has no such option")]
    public void Parse_MistakeWhereTheApplicationMayBeNamed_IsTheOnlySentence(string text, string expected)
    {
        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), text);

        Assert.Contains(expected, Assert.Single(Assert.IsType<ParseResult.Errors>(Parse([], [])).Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_FileWithoutMistake_ThatNamesNoApplication_SaysSo()
    {
        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), "workers = 2");

        Assert.StartsWith("No application is named.", Assert.Single(Assert.IsType<ParseResult.Errors>(Parse([], [])).Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ManyMistakes_AreTwentySentencesAndHowManyKeysWereNotLookedAt()
    {
        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), string.Concat(Enumerable.Range(0, 20_000).Select(static i => $"nonsense{i} = 1\n")));
        IReadOnlyList<string> messages = Assert.IsType<ParseResult.Errors>(Parse([], ["main:app"])).Messages;

        Assert.Equal(21, messages.Count);
        Assert.EndsWith("hydra.toml: 20 keys are wrong so far; 19980 more were not looked at.", messages[20], StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ThousandsOfVariables_AreAllTaken()
    {
        HydraOptions options = Run("app = \"a:b\"\n[env]\n" + string.Concat(Enumerable.Range(0, 20_000).Select(static i => $"V{i} = \"{i}\"\n")));

        Assert.Equal(20_000, options.Applications[0].Variables.Count);
        Assert.Equal(new("V19999", "19999"), options.Applications[0].Variables[^1]);
    }

    [Fact]
    public void Parse_ArrayForAListWithCommas_IsTheList()
    {
        ServerOptions array = Run(
            """
            compress = ["br", "gzip"]
            compress-level = ["br:5", "gzip:6"]
            forwarded-allow-ips = ["10.0.0.0/8", "unix"]
            forwarded-fields = ["for", "host"]
            forwarder-headers = ["SCRIPT_NAME", "REMOTE_USER"]
            proxy-allow-from = ["192.0.2.1"]
            """, "main:app").Server;
        ServerOptions text = Run(
            """
            compress = "br,gzip"
            compress-level = "br:5,gzip:6"
            forwarded-allow-ips = "10.0.0.0/8,unix"
            forwarded-fields = "for,host"
            forwarder-headers = "SCRIPT_NAME,REMOTE_USER"
            proxy-allow-from = "192.0.2.1"
            """, "main:app").Server;

        Assert.Equal([ContentCoding.Brotli, ContentCoding.Gzip], array.Compression.Codings);
        Assert.Equal(text.Compression.Levels, array.Compression.Levels);
        Assert.Equal("10.0.0.0/8,unix", array.Proxies.Trusted.Text);
        Assert.Equal(
            (text.Proxies.Trusted.Text, text.Proxies.Aspects, text.Proxies.ForwarderHeaders, text.Proxies.ProtocolPeers.Text),
            (array.Proxies.Trusted.Text, array.Proxies.Aspects, array.Proxies.ForwarderHeaders, array.Proxies.ProtocolPeers.Text));
    }

    [Fact]
    public void Parse_TableOfAProject_IsTakenWhereThereIsNoFileOfItsOwn()
    {
        File.WriteAllText(Path.Combine(_directory, "pyproject.toml"), "[project]\nname = \"shop\"\n[tool.hydra]\nworkers = 3\n");
        Assert.Equal(3, Options(Parse([], ["main:app"])).Applications[0].Workers.Count);

        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), "workers = 4\n");
        Assert.Equal(4, Options(Parse([], ["main:app"])).Applications[0].Workers.Count);

        File.WriteAllText(Path.Combine(_directory, "other.toml"), "workers = 5\n");
        Assert.Equal(5, Options(Parse([], ["--config", "other.toml", "main:app"])).Applications[0].Workers.Count);
        Assert.Equal(5, Options(Parse([("HYDRA_CONFIG", "other.toml")], ["main:app"])).Applications[0].Workers.Count);
        Assert.Equal(3, Options(Parse([], ["-c", "pyproject.toml", "main:app"])).Applications[0].Workers.Count);
    }

    [Fact]
    public void Parse_ProjectThatIsNoToml_IsNoConcernOfOurs()
    {
        File.WriteAllText(Path.Combine(_directory, "pyproject.toml"), "[project\nname = ");
        Assert.IsType<ParseResult.Run>(Parse([], ["main:app"]));
    }

    [Fact]
    public void Parse_FileThatCannotBeRead_SaysWhy()
    {
        File.WriteAllBytes(Path.Combine(_directory, "latin.toml"), [(byte)'a', 0xe9]);
        File.WriteAllBytes(Path.Combine(_directory, "large.toml"), new byte[ConfigFile.MostBytes + 1]);
        Directory.CreateDirectory(Path.Combine(_directory, "dir.toml"));

        Assert.Contains("is not UTF-8", Error("latin.toml"), StringComparison.Ordinal);
        Assert.Contains("is larger than 1024 KiB", Error("large.toml"), StringComparison.Ordinal);
        Assert.Contains("it is a directory.", Error("dir.toml"), StringComparison.Ordinal);
        Assert.Contains("it does not exist.", Error("none.toml"), StringComparison.Ordinal);
        Assert.Contains("is a program, as gunicorn's configuration is", Error("gunicorn.conf.py"), StringComparison.Ordinal);
        Assert.All(["latin.toml", "none.toml", "gunicorn.conf.py"], name => Assert.StartsWith("--config (command line): ", Error(name), StringComparison.Ordinal));
    }

    [Fact]
    public void Check_Settings_AreShownWithWhoSaidThemAndWithoutSecrets()
    {
        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), "workers = 4\nssl-keyfile-password = \"hush\"\nssl-certfile = \"c\"\nenv = [\"TOKEN=hush\"]\n[[mount]]\nplace = \"/a\"\napp = \"a:b\"\nenv = [\"T=hush\"]\nthreads = 2\n");
        var run = Assert.IsType<ParseResult.Run>(Parse([("PORT", "9000")], ["check", "--log-level", "debug", "main:app"]));
        var text = new StringWriter();
        SettingsReport.Write(text, run.Options, run.Settings!);
        string report = text.ToString().Replace(_directory + "/", "", StringComparison.Ordinal);

        Assert.True(run.Options.Server.ChecksOnly);
        Assert.Matches("\nworkers = 4 +# hydra.toml, line 1\n", report);
        Assert.Matches("\nlog-level = \"debug\" +# command line \\(--log-level\\)\n", report);
        Assert.Matches("\nport = 9000 +# PORT \\(shared variable\\)\n", report);
        Assert.Matches("\nretry = \"idempotent\" +# default\n", report);
        Assert.Matches("\nenv = \"TOKEN=\\*\\*\\*\" +# hydra.toml, line 4\n", report);
        Assert.Contains("mount = \"/a=a:b,env=T=***,threads=2\"", report, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", report, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ModuleOfThisName_IsSaidWithAColonOrAsAnOption()
    {
        Assert.Equal("check:app", Options(Parse([], ["check:app"])).Applications[0].App);
        Assert.Null(Assert.IsType<ParseResult.Run>(Parse([], ["--app", "check"])).Settings);
    }

    private static HydraOptions Options(ParseResult result) => Assert.IsType<ParseResult.Run>(result).Options;

    private string Error(string name) => Assert.Single(Assert.IsType<ParseResult.Errors>(Parse([], ["--config", name, "main:app"])).Messages);

    private ParseResult Parse((string Name, string Value)[] environment, string[] arguments)
        => CommandLine.Parse(
            arguments, environment.ToDictionary(static v => v.Name, static v => v.Value), Parsing.Windowless, discover: null,
            configure: (named, directory, errors) => ConfigFile.Find(named, Path.Combine(_directory, directory), errors));

    private HydraOptions Run(string text, params string[] arguments) => Run(text, [], arguments);

    private HydraOptions Run(string text, (string Name, string Value)[] environment, params string[] arguments)
    {
        File.WriteAllText(Path.Combine(_directory, "hydra.toml"), text);
        return Options(Parse(environment, arguments));
    }
}
