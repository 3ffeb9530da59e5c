using System.Globalization;
using Hydra.Configuration;
using Hydra.Edge;
using Hydra.Files;
using Hydra.Primitives;
using Microsoft.Extensions.Logging;

namespace Hydra.Hosting;

/// <summary>Makes what serves files of what the options say.</summary>
internal static class StaticTrees
{
    /// <summary>The part of the edge; null where no files are served.</summary>
    /// <param name="options">What is asked for.</param>
    /// <param name="compressor">What compresses files in memory; null where nothing is compressed.</param>
    /// <param name="outerPath">The path below which a proxy shows the applications.</param>
    /// <param name="loggers">Where to log.</param>
    /// <exception cref="StartException">A directory is not there.</exception>
    public static StaticFiles? Part(StaticOptions options, FileCompressor? compressor, string outerPath, ILoggerFactory loggers)
    {
        if (options.Mounts.Count == 0)
        {
            return null;
        }

        ILogger logger = loggers.CreateLogger("hydra");
        StaticSettings settings = Settings(options) with { Compressor = compressor };
        StaticPlace[] places = [.. options.Mounts.Select(mount => new StaticPlace(
            mount.Place, new StaticTree(Source(mount, options.FallsBack), settings, TimeProvider.System, logger)))];
        if (options.Spa is { } spa && !options.Mounts.Any(mount => File.Exists(Path.Combine(Source(mount, options.FallsBack).Directory, spa))))
        {
            FilesLog.NoSpa(logger, spa);
        }

        return new StaticFiles(places, new HotFiles(places.Length, options.Memory), new StaticAnswer(logger), outerPath);
    }

    /// <summary>Sees whether all directories are there.</summary>
    /// <exception cref="StartException">One is not.</exception>
    public static void Check(StaticOptions options)
    {
        foreach (StaticMount mount in options.Mounts)
        {
            _ = Source(mount, options.FallsBack);
        }
    }

    private static StaticSettings Settings(StaticOptions options) => new()
    {
        Index = options.Index,
        Spa = options.Spa,
        Types = new MediaTypes(options.MediaTypes),
        Lists = options.Lists,
        FollowsLinks = options.FollowsLinks,
        Cache = new CacheRules(options.CacheControl, options.Expires > TimeSpan.Zero
            ? string.Create(CultureInfo.InvariantCulture, $"public, max-age={(long)options.Expires.TotalSeconds}") : CacheRules.Ask),
    };

    private static StaticSource Source(StaticMount mount, bool? fallsBack)
    {
        string path = OddPath.Full(mount.Directory);
        bool isFile = File.Exists(path);
        if (!isFile && !Directory.Exists(path))
        {
            throw new StartException($"--static: there is no directory {ControlText.Escape(path)}, which is to be shown at {mount.Place}.");
        }

        return new StaticSource(isFile ? Path.GetDirectoryName(path)! : path, mount.Place.Path, fallsBack ?? mount.Place.Path.Length == 0)
        {
            OnlyFile = isFile ? Path.GetFileName(path) : null,
        };
    }
}
