using Hydra.Dispatch;
using Hydra.Http;
using Hydra.Primitives;
using Hydra.Tests.Http.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hydra.Tests.Http;

/// <summary>Which application a request is for, and what that is told of its path.</summary>
public sealed class PoolSelectorTests : IDisposable
{
    private readonly List<Dispatcher> _dispatchers = [];

    public void Dispose() => _dispatchers.ForEach(static dispatcher => dispatcher.Dispose());

    [Theory]
    [InlineData("example.org", "/", "/")]
    [InlineData("example.org", "/apix", "/")]
    [InlineData("example.org", "/api/x?y=/api/v2", "/api")]
    [InlineData("example.org", "/api/v2", "/api/v2")]
    [InlineData("example.org", "/api/v2/x", "/api/v2")]
    [InlineData("shop.example.org:8000", "/", "*.example.org")]
    [InlineData("shop.example.org", "/api/x", "*.example.org")]
    [InlineData("old.example.org", "/blog/1", "old.example.org/blog")]
    [InlineData("OLD.example.org.", "/blog", "old.example.org/blog")]
    [InlineData("old.example.org", "/shop", "*.example.org")]
    [InlineData("x.invalid", "http://old.example.org/blog/1", "old.example.org/blog")]
    [InlineData("old.example.org", "http://x.invalid/blog/1", "/")]
    [InlineData("example.org", "*", "/")]
    public void Select_Request_GoesToTheMostParticularPlace(string host, string target, string expected)
    {
        var selector = new PoolSelector([Route("/"), Route("/api"), Route("old.example.org/blog"), Route("/api/v2"), Route("*.example.org")]);

        Assert.Equal(expected, selector.Select(Request(host, target))!.Pool.Place.ToString());
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/apix")]
    [InlineData("*")]
    public void Select_NothingMountedThere_IsNone(string target) => Assert.Null(new PoolSelector([Route("/api")]).Select(Request("h", target)));

    // A proxy may show all of it below a path of its own, and may have taken that off or not.
    [Theory]
    [InlineData("/shop/api/x", "/shop/api", "")]
    [InlineData("/api/x", "/shop/api", "/shop")]
    [InlineData("/shop/x", "/shop", "")]
    [InlineData("/x", "/shop", "")]
    public void Describe_BelowAPathOfAProxy_HasTheWholePath(string target, string root, string prefix)
    {
        var selector = new PoolSelector([Route("/", "/shop"), Route("/api", "/shop")]);
        RequestContext context = Request("h", target);
        RequestFacts facts = selector.Select(context)!.Describe(context);

        Assert.Equal((root, prefix), (facts.RootPath, facts.PathPrefix));
    }

    // What a proxy says counts more than what the options say of it.
    [Theory]
    [InlineData("/api/x", "/front/api", "/front")]
    [InlineData("/x", "/front", "")]
    public void Describe_PathThatAProxyNames_TakesThePlaceOfTheRootPath(string target, string root, string prefix)
    {
        var selector = new PoolSelector([Route("/", "/shop"), Route("/api", "/shop")]);
        RequestContext context = Request("h", target);
        context.Facts = context.Facts with { OuterPath = "/front", Host = "other" };
        RequestFacts facts = selector.Select(context)!.Describe(context);

        Assert.Equal((root, prefix), (facts.RootPath, facts.PathPrefix));
        Assert.Equal("other", RequestHost.NameOf(context));
    }

    [Theory]
    [InlineData("/export", "slow", "/api")]
    [InlineData("/shop/export/x", "slow", "/api")]
    [InlineData("/other", "whole", "/api")]
    public void Select_PartOfAnApplication_IsTakenByItsPathsAndHasTheWholesRoot(string path, string expected, string root)
    {
        PoolRoute whole = Route("/api", "/shop");
        var slow = new RequestPool("slow", whole.Pool.Place, "/shop", whole.Pool.Dispatcher, whole.Pool.Recovery, TimeSpan.Zero);
        Assert.Null(MountPlace.Read("/api/export", out MountPlace where));
        var selector = new PoolSelector([whole, new PoolRoute(slow, whole.Bodies, where)]);
        string target = path.StartsWith("/shop", StringComparison.Ordinal) ? "/shop/api" + path[5..] : "/api" + path;
        RequestContext context = Request("h", target);
        PoolRoute route = selector.Select(context)!;

        Assert.Equal(expected == "slow", route.Pool == slow);
        Assert.Equal("/shop" + root, route.Describe(context).RootPath);
        Assert.Equal(expected == "slow" ? "/api/export" : "/api", route.Where.ToString());
    }

    private static RequestContext Request(string host, string target)
        => ExchangeSetup.Accept(new FakeRequest("GET", target, [("Host", host)]));

    private PoolRoute Route(string text, string outer = "")
    {
        Assert.Null(MountPlace.Read(text, out MountPlace place));
        var dispatcher = new Dispatcher(new DispatchOptions(), NullLogger.Instance);
        _dispatchers.Add(dispatcher);
        var pool = new RequestPool(text, place, outer, dispatcher, new CrashRecovery(RetryMode.Never, NullLogger.Instance), TimeSpan.Zero);
        return new PoolRoute(pool, new BodyResources(new ForwarderOptions(), null, NullLogger.Instance));
    }
}
