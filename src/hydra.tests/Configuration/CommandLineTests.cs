using Hydra.Configuration;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class CommandLineTests
{
    [Fact]
    public void Parse_NameOfGunicornsSettingForPreload_IsTheSame() => Assert.True(Parsing.Run("main:app", "--preload-app").Applications[0].Python.Preload);

    [Fact]
    public void Parse_ApplicationAlone_GivesDefaults()
    {
        HydraOptions options = Parsing.Run("main:app");

        Assert.Equal("main:app", options.Applications[0].App);
        Assert.Equal([new BindAddress.Tcp("127.0.0.1", 8000)], options.Server.Addresses.Binds);
        Assert.Equal(1, options.Applications[0].Workers.Count);
        Assert.False(options.Applications[0].Workers.IsAuto);
        Assert.Equal(1, options.Applications[0].Python.Threads);
        Assert.Equal("auto", options.Applications[0].Interface);
        Assert.Equal("auto", options.Applications[0].Python.Loop);
        Assert.Equal(SpeedupsUse.Auto, options.Applications[0].Python.Speedups);
        Assert.Equal(Lifespan.Auto, options.Applications[0].Lifespan);
        Assert.Equal(TransportKind.Auto, options.Server.Tuning.Transport);
        Assert.Null(options.Server.Tuning.Loops);
        Assert.Equal(LogLevel.Information, options.Server.Logs.Level);
        Assert.False(options.Server.Logs.Access);
        Assert.False(options.Applications[0].Factory);
        Assert.Null(options.Server.Logs.UseColors);
        Assert.Equal(TimeSpan.FromSeconds(30), options.Server.GracefulTimeout);
        Assert.Equal(TimeSpan.FromSeconds(75), options.Server.Clients.KeepAlive);
        Assert.Equal(2048, options.Server.Addresses.Backlog);
        Assert.Equal("", options.Applications[0].AppDir);
        Assert.Equal("", options.Applications[0].RootPath);
        Assert.Null(options.Server.WorkingDirectory);
        Assert.Null(options.Applications[0].Python.Path);
    }

    [Theory]
    [InlineData("--app", "main:app")]
    [InlineData("--app=main:app")]
    [InlineData("main:app")]
    [InlineData("--", "main:app")]
    public void Parse_Application_IsTakenWithAndWithoutItsName(params string[] args)
        => Assert.Equal("main:app", Parsing.Run(args).Applications[0].App);

    [Theory]
    [InlineData("--app", "node 'my app.js'", "--interface", "worker")]
    [InlineData("--interface", "worker", "node 'my app.js'")]
    public void Parse_ProgramThatIsAWorker_IsACommand(params string[] args)
    {
        ApplicationOptions application = Parsing.Run(args).Applications[0];

        Assert.Equal(["node", "my app.js"], application.Command);
        Assert.Equal("node 'my app.js'", application.App);
    }

    [Theory]
    [InlineData("-w4")]
    [InlineData("-w", "4")]
    [InlineData("-w=4")]
    [InlineData("--workers", "4")]
    [InlineData("--workers=4")]
    [InlineData("-w", "2", "--workers", "4")]
    public void Parse_WaysToGiveAValue_AreTheSame(params string[] args)
        => Assert.Equal(4, Parsing.Run([.. args, "main:app"]).Applications[0].Workers.Count);

    [Fact]
    public void Parse_WorkersAuto_TakesTheProcessors()
    {
        HydraOptions options = Parsing.Run(new HostFacts(6, false), [], "main:app", "-w", "auto");

        Assert.Equal(6, options.Applications[0].Workers.Count);
        Assert.True(options.Applications[0].Workers.IsAuto);
    }

    [Theory]
    [InlineData("--access-log", true)]
    [InlineData("--no-access-log", false)]
    [InlineData("--access-log=yes", true)]
    [InlineData("--access-log=off", false)]
    public void Parse_Switch_IsTurnedOnAndOff(string argument, bool expected)
        => Assert.Equal(expected, Parsing.Run(Parsing.Windowless, [("HYDRA_ACCESS_LOG", expected ? "no" : "yes")], argument, "main:app").Server.Logs.Access);

    [Theory]
    [InlineData("--cancel-on-disconnect", true, 3)]
    [InlineData("--cancel-on-disconnect=1", true, 3)]
    [InlineData("--cancel-on-disconnect=10s", true, 10)]
    [InlineData("--cancel-on-disconnect=0s", true, 0)]
    [InlineData("--cancel-on-disconnect=0", false, 3)]
    [InlineData("--no-cancel-on-disconnect", false, 3)]
    public void Parse_SwitchOrDuration_IsEither(string argument, bool isOn, int seconds)
    {
        TimeoutOptions timeouts = Parsing.Run("main:app", argument).Applications[0].Timeouts;

        Assert.Equal((isOn, TimeSpan.FromSeconds(seconds)), (timeouts.CancelOnDisconnect, timeouts.DisconnectGrace));
    }

    [Theory]
    [InlineData("--adapter", "wsgi")]
    [InlineData("--interface", "WSGI")]
    public void Parse_Interface_IsTakenByEitherName(string option, string value)
        => Assert.Equal("wsgi", Parsing.Run("main:app", option, value).Applications[0].Interface);

    [Fact]
    public void Parse_InterfaceWithAColon_IsLeftToTheWorker()
        => Assert.Equal("shop.web:Adapter", Parsing.Run("main:app", "--interface", "shop.web:Adapter").Applications[0].Interface);

    [Fact]
    public void Parse_EveryOption_ArrivesInTheOptions()
    {
        HydraOptions options = Parsing.Run(
            "shop.web:make.app", "--factory", "--app-dir", "src", "--working-dir", "/srv", "--root-path", "/shop/", "--blocking-threads", "8",
            "--python", "python3.12", "--loop", "uvloop", "--worker-transport", "tcp", "--lifespan", "on", "--log-level", "trace",
            "--timeout-graceful-shutdown", "1m", "--timeout-keep-alive", "500ms", "--backlog", "99", "--no-use-colors", "--transport", "sockets",
            "--loops", "2", "--speedups", "on");

        Assert.Equal("shop.web:make.app", options.Applications[0].App);
        Assert.True(options.Applications[0].Factory);
        Assert.Equal("src", options.Applications[0].AppDir);
        Assert.Equal("/srv", options.Server.WorkingDirectory);
        Assert.Equal("/shop", options.Applications[0].RootPath);
        Assert.Equal(8, options.Applications[0].Python.Threads);
        Assert.Equal("python3.12", options.Applications[0].Python.Path);
        Assert.Equal("uvloop", options.Applications[0].Python.Loop);
        Assert.Equal(SpeedupsUse.On, options.Applications[0].Python.Speedups);
        Assert.Equal(WorkerTransport.Tcp, options.Server.Tuning.WorkerTransport);
        Assert.Equal(Lifespan.On, options.Applications[0].Lifespan);
        Assert.Equal(LogLevel.Trace, options.Server.Logs.Level);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Server.GracefulTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.Server.Clients.KeepAlive);
        Assert.Equal(99, options.Server.Addresses.Backlog);
        Assert.False(options.Server.Logs.UseColors);
        Assert.Equal(TransportKind.Sockets, options.Server.Tuning.Transport);
        Assert.Equal(2, options.Server.Tuning.Loops);
    }

    [Theory]
    [InlineData("UVLOOP", "uvloop")]
    [InlineData(" shop.loops:Loop.make ", "shop.loops:Loop.make")]
    public void Parse_Loop_IsAWordOrAFactory(string given, string expected)
        => Assert.Equal(expected, Parsing.Run("main:app", "--loop", given).Applications[0].Python.Loop);

    [Fact]
    public void Parse_ThreadsAuto_IsNoNumber() => Assert.Null(Parsing.Run("main:app", "--threads", "auto").Applications[0].Python.Threads);

    [Fact]
    public void Parse_OptionsOfWorkers_ArriveInTheOptions()
    {
        HydraOptions options = Parsing.Run(
            "main:app", "--limit-max-requests", "1000", "--limit-max-requests-jitter", "100", "--worker-max-rss", "512m", "--workers-lifetime",
            "48h", "--drain-timeout", "5m", "--scale-delay", "50ms", "--scale-idle", "2m");

        Assert.Equal((1000, 100), (options.Applications[0].Replacement.MaxRequests, options.Applications[0].Replacement.MaxRequestsJitter));
        Assert.Equal(512L << 20, options.Applications[0].Replacement.MaxRss);
        Assert.Equal(TimeSpan.FromDays(2), options.Applications[0].Replacement.MaxLifetime);
        Assert.Equal(TimeSpan.FromMinutes(5), options.Applications[0].Replacement.DrainTimeout);
        Assert.Equal((TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(2)), (options.Applications[0].Workers.ScaleDelay, options.Applications[0].Workers.ScaleIdle));
    }

    [Theory]
    [InlineData("2:5", 2, 5)]
    [InlineData("1:auto", 1, 2)]
    [InlineData("4:auto", 4, 4)]
    [InlineData("3:3", 3, 3)]
    public void Parse_WorkersRange_GivesBothBounds(string text, int fewest, int most)
    {
        HydraOptions options = Parsing.Run("-w", text, "main:app");

        Assert.Equal((fewest, most), (options.Applications[0].Workers.Count, options.Applications[0].Workers.Maximum));
    }

    [Theory]
    [InlineData("0:4")]
    [InlineData("4:2")]
    [InlineData("1:")]
    [InlineData(":4")]
    [InlineData("1:2:3")]
    public void Parse_WorkersRangeThatIsNone_SaysSo(string text)
        => Assert.Contains("range", Assert.Single(Parsing.Errors("-w", text, "main:app")), StringComparison.Ordinal);

    [Fact]
    public void Parse_FactoryCall_IsTheFactorySwitch()
    {
        HydraOptions options = Parsing.Run("main:create()");

        Assert.Equal("main:create", options.Applications[0].App);
        Assert.True(options.Applications[0].Factory);
    }

    [Theory]
    [InlineData(false, WorkerTransport.Uds)]
    [InlineData(true, WorkerTransport.Tcp)]
    internal void Parse_WorkerTransport_DefaultsByPlatform(bool isWindows, WorkerTransport expected)
        => Assert.Equal(expected, Parsing.Run(new HostFacts(1, isWindows), [], "main:app").Server.Tuning.WorkerTransport);

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--nonsense", "--help")]
    public void Parse_Help_WinsOverErrors(params string[] args)
        => Assert.IsType<ParseResult.ShowHelp>(Parsing.Parse(args));

    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    public void Parse_Version_IsAnswered(string argument) => Assert.IsType<ParseResult.ShowVersion>(Parsing.Parse(argument));

    [Fact]
    public void Parse_HelpBehindTwoDashes_IsNoOption() => Assert.IsType<ParseResult.Errors>(Parsing.Parse("--", "--help"));
}
