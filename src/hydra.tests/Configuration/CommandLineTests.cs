using Hydra.Configuration;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class CommandLineTests
{
    [Fact]
    public void Parse_ApplicationAlone_GivesDefaults()
    {
        HydraOptions options = Parsing.Run("main:app");

        Assert.Equal("main:app", options.App);
        Assert.Equal([new BindAddress.Tcp("127.0.0.1", 8000)], options.Binds);
        Assert.Equal(1, options.Workers);
        Assert.False(options.WorkersAuto);
        Assert.Equal(1, options.Threads);
        Assert.Equal("auto", options.Interface);
        Assert.Equal(EventLoop.Auto, options.Loop);
        Assert.Equal(Lifespan.Auto, options.Lifespan);
        Assert.Equal(TransportKind.Auto, options.Transport);
        Assert.Null(options.Loops);
        Assert.Equal(LogLevel.Information, options.LogLevel);
        Assert.False(options.AccessLog);
        Assert.False(options.Factory);
        Assert.Null(options.UseColors);
        Assert.Equal(TimeSpan.FromSeconds(30), options.GracefulTimeout);
        Assert.Equal(TimeSpan.FromSeconds(75), options.KeepAlive);
        Assert.Equal(2048, options.Backlog);
        Assert.Equal("", options.AppDir);
        Assert.Equal("", options.RootPath);
        Assert.Null(options.WorkingDirectory);
        Assert.Null(options.Python);
    }

    [Theory]
    [InlineData("--app", "main:app")]
    [InlineData("--app=main:app")]
    [InlineData("main:app")]
    [InlineData("--", "main:app")]
    public void Parse_Application_IsTakenWithAndWithoutItsName(params string[] args)
        => Assert.Equal("main:app", Parsing.Run(args).App);

    [Theory]
    [InlineData("-w4")]
    [InlineData("-w", "4")]
    [InlineData("-w=4")]
    [InlineData("--workers", "4")]
    [InlineData("--workers=4")]
    [InlineData("-w", "2", "--workers", "4")]
    public void Parse_WaysToGiveAValue_AreTheSame(params string[] args)
        => Assert.Equal(4, Parsing.Run([.. args, "main:app"]).Workers);

    [Fact]
    public void Parse_WorkersAuto_TakesTheProcessors()
    {
        HydraOptions options = Parsing.Run(new HostFacts(6, false), [], "main:app", "-w", "auto");

        Assert.Equal(6, options.Workers);
        Assert.True(options.WorkersAuto);
    }

    [Theory]
    [InlineData("--access-log", true)]
    [InlineData("--no-access-log", false)]
    [InlineData("--access-log=yes", true)]
    [InlineData("--access-log=off", false)]
    public void Parse_Switch_IsTurnedOnAndOff(string argument, bool expected)
        => Assert.Equal(expected, Parsing.Run(Parsing.Windowless, [("HYDRA_ACCESS_LOG", expected ? "no" : "yes")], argument, "main:app").AccessLog);

    [Theory]
    [InlineData("--adapter", "wsgi")]
    [InlineData("--interface", "WSGI")]
    public void Parse_Interface_IsTakenByEitherName(string option, string value)
        => Assert.Equal("wsgi", Parsing.Run("main:app", option, value).Interface);

    [Fact]
    public void Parse_InterfaceWithAColon_IsLeftToTheWorker()
        => Assert.Equal("shop.web:Adapter", Parsing.Run("main:app", "--interface", "shop.web:Adapter").Interface);

    [Fact]
    public void Parse_EveryOption_ArrivesInTheOptions()
    {
        HydraOptions options = Parsing.Run(
            "shop.web:make.app", "--factory", "--app-dir", "src", "--working-dir", "/srv", "--root-path", "/shop/", "--blocking-threads", "8",
            "--python", "python3.12", "--loop", "uvloop", "--worker-transport", "tcp", "--lifespan", "on", "--log-level", "trace",
            "--timeout-graceful-shutdown", "1m", "--timeout-keep-alive", "500ms", "--backlog", "99", "--no-use-colors", "--transport", "sockets",
            "--loops", "2");

        Assert.Equal("shop.web:make.app", options.App);
        Assert.True(options.Factory);
        Assert.Equal("src", options.AppDir);
        Assert.Equal("/srv", options.WorkingDirectory);
        Assert.Equal("/shop", options.RootPath);
        Assert.Equal(8, options.Threads);
        Assert.Equal("python3.12", options.Python);
        Assert.Equal(EventLoop.Uvloop, options.Loop);
        Assert.Equal(WorkerTransport.Tcp, options.WorkerTransport);
        Assert.Equal(Lifespan.On, options.Lifespan);
        Assert.Equal(LogLevel.Trace, options.LogLevel);
        Assert.Equal(TimeSpan.FromMinutes(1), options.GracefulTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.KeepAlive);
        Assert.Equal(99, options.Backlog);
        Assert.False(options.UseColors);
        Assert.Equal(TransportKind.Sockets, options.Transport);
        Assert.Equal(2, options.Loops);
    }

    [Fact]
    public void Parse_OptionsOfWorkers_ArriveInTheOptions()
    {
        HydraOptions options = Parsing.Run(
            "main:app", "--limit-max-requests", "1000", "--limit-max-requests-jitter", "100", "--worker-max-rss", "512m", "--workers-lifetime",
            "48h", "--drain-timeout", "5m", "--scale-delay", "50ms", "--scale-idle", "2m");

        Assert.Equal((1000, 100), (options.MaxRequests, options.MaxRequestsJitter));
        Assert.Equal(512L << 20, options.WorkerMaxRss);
        Assert.Equal(TimeSpan.FromDays(2), options.WorkerMaxLifetime);
        Assert.Equal(TimeSpan.FromMinutes(5), options.DrainTimeout);
        Assert.Equal((TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(2)), (options.ScaleDelay, options.ScaleIdle));
    }

    [Theory]
    [InlineData("2:5", 2, 5)]
    [InlineData("1:auto", 1, 2)]
    [InlineData("4:auto", 4, 4)]
    [InlineData("3:3", 3, 3)]
    public void Parse_WorkersRange_GivesBothBounds(string text, int fewest, int most)
    {
        HydraOptions options = Parsing.Run("-w", text, "main:app");

        Assert.Equal((fewest, most), (options.Workers, options.MaxWorkers));
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

        Assert.Equal("main:create", options.App);
        Assert.True(options.Factory);
    }

    [Theory]
    [InlineData(false, WorkerTransport.Uds)]
    [InlineData(true, WorkerTransport.Tcp)]
    internal void Parse_WorkerTransport_DefaultsByPlatform(bool isWindows, WorkerTransport expected)
        => Assert.Equal(expected, Parsing.Run(new HostFacts(1, isWindows), [], "main:app").WorkerTransport);

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
