using System.Runtime.Versioning;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hydra.Transport;

/// <summary>Registers the loop transport.</summary>
internal static class LoopTransportExtensions
{
    /// <summary>
    /// Has Kestrel use the loop transport. Kestrel asks the factory that was registered last first, so this comes after UseKestrel. The
    /// loops start when they are first needed, and end with the container.
    /// </summary>
    [SupportedOSPlatform("linux")]
    public static IServiceCollection AddLoopTransport(this IServiceCollection services, TransportOptions options)
    {
        services.AddSingleton(provider => new EventLoopGroup(
            options, provider.GetRequiredService<ILoggerFactory>(), provider.GetService<IMemoryPoolFactory<byte>>()));
        services.AddSingleton<IConnectionListenerFactory, LoopTransportFactory>();
        return services;
    }
}
