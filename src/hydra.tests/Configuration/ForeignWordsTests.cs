using Hydra.Configuration;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hydra.Tests.Configuration;

public sealed class ForeignWordsTests
{
    // As "gunicorn --help" (27.0.1) and "uvicorn --help" (0.54.0) list them; with "=" where a value follows.
    private const string Gunicorn =
        "config= bind= backlog= workers= worker-class= threads= worker-connections= max-requests= max-requests-jitter= timeout= graceful-timeout= "
        + "keep-alive= limit-request-line= limit-request-fields= limit-request-field_size= reload reload-engine= reload-extra-file= spew check-config "
        + "print-config preload no-sendfile reuse-port chdir= daemon env= pid= worker-tmp-dir= user= group= umask= initgroups forwarded-allow-ips= "
        + "access-logfile= disable-redirect-access-to-syslog access-logformat= error-logfile= log-file= log-level= capture-output logger-class= "
        + "log-config= log-config-json= log-syslog-to= log-syslog log-syslog-prefix= log-syslog-facility= enable-stdio-inheritance statsd-host= "
        + "dogstatsd-tags= statsd-prefix= enable-backlog-metric name= pythonpath= paste= paster= proxy-protocol proxy-allow-from= protocol= "
        + "uwsgi-allow-from= keyfile= certfile= ssl-version= cert-reqs= ca-certs= suppress-ragged-eofs do-handshake-on-connect ciphers= "
        + "http-protocols= http2-cleartext= http2-max-concurrent-streams= http2-initial-window-size= http2-max-frame-size= "
        + "http2-max-header-list-size= paste-global= permit-obsolete-folding strip-header-spaces permit-unconventional-http-method "
        + "permit-unconventional-http-version casefold-http-method forwarder-headers= header-map= asgi-loop= asgi-lifespan= "
        + "asgi-disconnect-grace-period= websocket-max-message-size= http-parser= root-path= dirty-app= dirty-workers= dirty-timeout= dirty-threads= "
        + "dirty-graceful-timeout= control-socket-mode= no-control-socket";

    private const string Uvicorn =
        "host= port= uds= fd= reload reload-dir= reload-include= reload-exclude= reload-delay= workers= loop= http= http2 ws= ws-max-size= "
        + "ws-max-queue= ws-ping-interval= ws-ping-timeout= ws-per-message-deflate= lifespan= interface= env-file= log-config= log-level= access-log "
        + "no-access-log use-colors no-use-colors proxy-headers no-proxy-headers server-header no-server-header date-header no-date-header "
        + "forwarded-allow-ips= root-path= limit-concurrency= backlog= limit-max-requests= limit-max-requests-jitter= timeout-keep-alive= "
        + "timeout-graceful-shutdown= timeout-worker-healthcheck= ssl-keyfile= ssl-certfile= ssl-keyfile-password= ssl-version= ssl-cert-reqs= "
        + "ssl-ca-certs= ssl-ciphers= header= version app-dir= h11-max-incomplete-event-size= reset-contextvars factory help";

    // As "granian --help" (2.7) and "hypercorn --help" (0.14) list them.
    private const string Granian =
        "interface= http= no-ws log no-log metrics-address= metrics-port= metrics-scrape-interval= no-metrics blocking-threads= blocking-threads-idle-timeout= runtime-threads= runtime-blocking-threads= runtime-mode= task-impl= "
        + "backpressure= http1-buffer-size= http1-header-read-timeout= http1-keep-alive no-http1-keep-alive http1-pipeline-flush "
        + "no-http1-pipeline-flush ssl-certificate= ssl-protocol-min= ssl-ca= ssl-crl= ssl-client-verify no-ssl-client-verify url-path-prefix= "
        + "respawn-failed-workers no-respawn-failed-workers respawn-interval= rss-sample-interval= rss-samples= workers-lifetime= workers-max-rss= "
        + "workers-kill-timeout= working-dir= env-files= reload-paths= reload-ignore-dirs= reload-ignore-patterns= reload-ignore-paths= reload-tick= "
        + "reload-ignore-worker-failure no-reload-ignore-worker-failure process-name= pid-file=";

    private const string Hypercorn = "debug error-log= insecure-bind= server-name= keyfile-password= verify-mode= websocket-ping-interval= read-timeout= quic-bind= user= group= statsd-host=";

    // What uwsgi.ini of most sites has; "uwsgi --help" (2.0) lists a thousand.
    private const string Uwsgi =
        "socket= uwsgi-socket= http-socket= module= wsgi-file= callable= processes= master enable-threads single-interpreter need-app vacuum die-on-term "
        + "lazy-apps manage-script-name static-map= mount= harakiri= listen= virtualenv= home= chmod-socket= chown-socket= buffer-size= post-buffering= "
        + "max-worker-lifetime= reload-on-rss= logto= uid= gid= daemonize= cheaper= py-autoreload= touch-reload= stats= ini= plugins= offload-threads= "
        + "disable-logging ignore-sigpipe ignore-write-errors pidfile= http-timeout=";

    private const string Letters = "c= b= w= k= t= D e= p= u= g= m= R n= v h s= M H= l=";

    public static TheoryData<string> Words
        => [.. string.Join(' ', Gunicorn, Uvicorn, Granian, Hypercorn, Uwsgi).Split(' ').Distinct().Select(static word => "--" + word), .. Letters.Split(' ').Select(static word => "-" + word)];

    public static TheoryData<string> Refused => [.. ForeignWords.All.Where(static word => word.Taken is null).SelectMany(static word => word.Names)];

    [Theory]
    [MemberData(nameof(Words))]
    public void Parse_EachWordOfThePeers_IsKnownWithItsValue(string word)
    {
        string name = word.TrimEnd('=');
        string[] arguments = word.EndsWith('=') ? [name, "x=1", "main:app"] : [name, "main:app"];
        ParseResult result = CommandLine.Parse(arguments, new Dictionary<string, string>(), Parsing.Windowless);

        // What is known and wants to be given together with another is another test's affair.
        string[] errors = result is ParseResult.Errors wrong ? [.. wrong.Messages.Where(static error => !error.Contains("--ssl-cert", StringComparison.Ordinal))] : [];
        Assert.All(errors, error => Assert.StartsWith(name + " (command line)", error, StringComparison.Ordinal));
        Assert.True(errors.Length <= 1, string.Join('\n', errors));
    }

    [Theory]
    [InlineData("--socket", ":3031", "0.0.0.0:3031", true)]
    [InlineData("-s", "/run/x.sock", "unix:/run/x.sock", true)]
    [InlineData("--uwsgi-socket", "x.sock", "unix:x.sock", true)]
    [InlineData("--http-socket", "127.0.0.1:8080", "127.0.0.1:8080", false)]
    [InlineData("--http", ":8080", "0.0.0.0:8080", false)]
    public void Parse_SocketOfUwsgi_IsAnAddressOfItsProtocol(string name, string value, string expected, bool isUwsgi)
    {
        HydraOptions options = Parsing.Run(name, value, "--module", "shop.wsgi", "--processes", "3", "--master");
        BindAddress address = Assert.Single(options.Server.Addresses.Binds);
        Assert.Equal((expected, isUwsgi, 3, "shop.wsgi:application"), (address.ToString(), address.IsUwsgi, options.Applications[0].Workers.Count, options.Applications[0].App));
    }

    [Theory]
    [InlineData("auto", true)]
    [InlineData("websockets", true)]
    [InlineData("websockets-sansio", true)]
    [InlineData("wsproto", true)]
    [InlineData("none", false)]
    [InlineData("shop.sockets:Protocol", false)]
    public void Parse_ImplementationOfWebSockets_IsTakenWhereItPromisesNothingElse(string name, bool isTaken)
    {
        string[] errors = isTaken ? [] : ["--ws (command line): takes auto, websockets, websockets-sansio or wsproto, and does nothing with them: there is one implementation, "
            + "and no switch for it. An application without WebSockets refuses them by itself."];
        ParseResult result = CommandLine.Parse(["--ws", name, "main:app"], new Dictionary<string, string>(), Parsing.Windowless);

        Assert.Equal(errors, result is ParseResult.Errors wrong ? wrong.Messages : []);
    }

    [Theory]
    [InlineData("0.0.0.0:8080", "0.0.0.0:8080")]
    [InlineData("unix:/run/x.sock", "unix:/run/x.sock")]
    [InlineData("fd://3", null)]
    public void Parse_InsecureBindOfHypercorn_IsAnAddressWithoutTls(string value, string? expected)
    {
        if (expected is null)
        {
            Assert.StartsWith("--insecure-bind (command line): needs an address", Assert.Single(Parsing.Errors("--insecure-bind", value, "main:app")), StringComparison.Ordinal);
            return;
        }

        BindAddress address = Assert.Single(Parsing.Run("--insecure-bind", value, "main:app").Server.Addresses.Binds);
        Assert.Equal((expected, false), (address.ToString(), address.IsTls == true));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Parse_WordThatHasNoEqual_IsAnsweredAndNothingIsGuessed(string name)
    {
        string[] value = ForeignWords.Find(name)!.HasValue ? ["some-value"] : [];
        string error = Assert.Single(Parsing.Errors(["--" + name, .. value, "main:app"]));

        Assert.StartsWith($"--{name} (command line): ", error, StringComparison.Ordinal);
        Assert.DoesNotContain("did you mean", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("gthread")]
    [InlineData("uvicorn.workers.UvicornWorker")]
    [InlineData("uvicorn_worker.UvicornH11Worker")]
    [InlineData("tornado")]
    [InlineData("aiohttp.GunicornUVLoopWebWorker")]
    [InlineData("aiohttp.worker.GunicornWebWorker")]
    public void Parse_WorkerClassThatIsWhatHydraDoes_IsTaken(string name)
        => Assert.Equal("main:app", Parsing.Run("-k", name, "main:app").Applications[0].App);

    [Fact]
    public void Parse_WorkerClassOfTrio_IsItsLoop() => Assert.Equal("trio", Parsing.Run("-k", "trio", "main:app").Applications[0].Python.Loop);

    [Fact]
    public void Parse_CommandLineOfGranian_Works()
    {
        HydraOptions options = Parsing.Run(
            "--interface", "asgi", "--workers", "2", "--backpressure", "50", "--http1-header-read-timeout", "2500", "--workers-max-rss", "300",
            "--workers-kill-timeout", "7", "--respawn-failed-workers", "--url-path-prefix", "/shop", "--pid-file", "g.pid", "--process-name", "shop", "main:app");
        ApplicationOptions application = options.Applications[0];

        Assert.Equal((50, 300L << 20), (application.Queue.LimitConcurrency, application.Replacement.MaxRss));
        Assert.Equal(TimeSpan.FromSeconds(2.5), options.Server.Clients.HeaderTimeout);
        Assert.Equal(("/shop", "g.pid"), (application.RootPath, options.Server.PidFile));
    }

    [Fact]
    public void Parse_PidFileThatIsAPort_IsAnswered()
        => Assert.Equal(
            "-p (command line): \"8000\" is to be a file. For a port give --port 8000, for a file of that name ./8000.",
            Assert.Single(Parsing.Errors("-b", "0.0.0.0", "-p", "8000", "main:app")));

    [Fact]
    public void Parse_WorkerClassGevent_IsAnswered()
        => Assert.Contains("no gevent", Assert.Single(Parsing.Errors("-kgevent", "main:app")), StringComparison.Ordinal);

    [Fact]
    public void Parse_LogFilesThatAreStreams_AreTaken()
    {
        HydraOptions options = Parsing.Run("--access-logfile", "-", "--error-logfile=-", "--log-level", "warn", "--capture-output", "main:app");

        Assert.True(options.Server.Logs.Access);
        Assert.Equal(LogLevel.Warning, options.Server.Logs.Level);
        Assert.Null(options.Server.Logs.AccessFile);
        Assert.Null(options.Server.Logs.File);
    }

    [Fact]
    public void Parse_LogFiles_AreTaken()
    {
        LogOptions logs = Parsing.Run(
            "--access-logfile", "access.log", "--access-logformat", "%(h)s", "--log-file", "error.log", "--access-log-skip", "/health", "main:app").Server.Logs;

        Assert.Equal((true, "access.log", "error.log"), (logs.Access, logs.AccessFile, logs.File));
        Assert.Single(logs.AccessFormat.Places);
        Assert.False(Parsing.Run("--no-access-log", "--access-logfile", "access.log", "main:app").Server.Logs.Access);
        Assert.Equal(
            "--log-file and --log-syslog are two places for one log: leave one out.", Assert.Single(Parsing.Errors("--log-file", "a", "--log-syslog", "main:app")));
    }

    [Fact]
    public void Parse_Syslog_IsTaken()
    {
        LogOptions logs = Parsing.Run("--log-syslog-to", "udp://localhost:601", "--log-syslog-facility", "local3", "--log-syslog-prefix", "shop", "main:app").Server.Logs;

        Assert.Equal((601, 19, "shop"), (logs.Syslog!.Port, logs.SyslogFacility, logs.SyslogTag));
        Assert.Null(Parsing.Run("main:app").Server.Logs.Syslog);
    }

    [Theory]
    [InlineData("on", "X-Request-ID")]
    [InlineData("X-Trace", "X-Trace")]
    [InlineData("off", null)]
    public void Parse_RequestId_IsAHeader(string value, string? expected)
    {
        Assert.Equal(expected, Parsing.Run("--request-id", value, "main:app").Server.Logs.RequestIdHeader);
        Assert.Single(Parsing.Errors("--request-id", "a b", "main:app"));
        Assert.Single(Parsing.Errors("--request-id", "Host", "main:app"));
    }

    [Fact]
    public void Parse_CommandLineOfGunicorn_Works()
    {
        HydraOptions options = Parsing.Run(
            "-w", "3", "-k", "gthread", "--threads", "4", "-b", "0.0.0.0:8000", "-p", "hydra.pid", "-m", "0o027", "-e", "A=1", "-e", "B=x=y", "main:app()");

        Assert.Equal((3, 4), (options.Applications[0].Workers.Count, options.Applications[0].Python.Threads));
        Assert.Equal("hydra.pid", options.Server.PidFile);
        Assert.Equal((UnixFileMode)Convert.ToInt32("27", 8), options.Server.Umask);
        Assert.Equal([new("A", "1"), new("B", "x=y")], options.Applications[0].Variables);
    }

    [Theory]
    [InlineData("--interface", "asgi3", "asgi")]
    [InlineData("--interface", "wsgi", "wsgi")]
    public void Parse_InterfaceOfUvicorn_IsTaken(string option, string value, string expected)
        => Assert.Equal(expected, Parsing.Run(option, value, "main:app").Applications[0].Interface);

    [Theory]
    [InlineData("-e", "A", "\"A\" is not of the form NAME=VALUE.")]
    [InlineData("-e", "=1", "\"=1\" is not of the form NAME=VALUE.")]
    [InlineData("-e", "ssl:443:privateKey=key.pem", "\"ssl:443:privateKey\" is not the name of a variable. An address is given with --bind.")]
    [InlineData("-e", "A B=1", "\"A B\" is not the name of a variable.")]
    [InlineData("-m", "x", "\"x\" is not a mask in octal such as 027.")]
    [InlineData("-m", "1000", "\"1000\" is not a mask in octal such as 027.")]
    public void Parse_WrongValue_IsReported(string option, string value, string expected)
        => Assert.Equal($"{option} (command line): {expected}", Assert.Single(Parsing.Errors(option, value, "main:app")));

    [Fact]
    public void Names_OfForeignWords_AreNoOptionsOfOurs()
    {
        string[] names = [.. ForeignWords.All.SelectMany(static word => word.Names), .. ForeignWords.All.Select(static word => word.Short?.ToString()).OfType<string>()];

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.DoesNotContain(names, static name => name.Length == 1 ? OptionTable.Find(name[0]) is not null : OptionTable.Find(name) is not null);
    }

    [Fact]
    public void Variables_OfThePeers_GetAWarning()
    {
        var environment = new Dictionary<string, string> { ["GUNICORN_CMD_ARGS"] = "--reload", ["UVICORN_WORKERS"] = "4", ["UVICORN_THING"] = "1" };
        ParseResult.Run run = Assert.IsType<ParseResult.Run>(CommandLine.Parse(["main:app"], environment, Parsing.Windowless));

        Assert.Equal(
            ["the variable GUNICORN_CMD_ARGS is not read: give the options to hydra", "the variable UVICORN_WORKERS is not read: set HYDRA_WORKERS"],
            run.Warnings);
    }
}
