using System.Collections.Frozen;
using System.Text.Json;

namespace Hydra.Files;

/// <summary>
/// The names that Django's ManifestStaticFilesStorage has given to files: staticfiles.json, which collectstatic leaves beside them. It is read
/// again when it has changed, at most once a second. Any thread.
/// </summary>
/// <param name="root">Where it is, if there is one.</param>
/// <param name="time">The clock.</param>
internal sealed class DjangoManifest(FileRoot root, TimeProvider time)
{
    private const string Name = "staticfiles.json";

    // Far above any: Django's own is 20 KB.
    private const long LargestSize = 64 * 1024 * 1024;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long? _lookedAt;
    private FileMark _mark;
    private FrozenSet<string>? _names;

    /// <summary>The names with hashes, or null where there is no manifest. May wait for the disk.</summary>
    public IReadOnlySet<string>? Names()
    {
        lock (_lock)
        {
            long now = time.GetTimestamp();
            if (_lookedAt is not { } before || time.GetElapsedTime(before, now) >= LookInterval)
            {
                _lookedAt = now;
                Look();
            }

            return _names;
        }
    }

    /// <summary>Reads a manifest.</summary>
    /// <returns>The names with hashes; null where this is no manifest of Django's.</returns>
    public static FrozenSet<string>? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("paths", out JsonElement paths)
                && paths.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("version", out _)
                ? paths.EnumerateObject().Where(static pair => pair.Value.ValueKind is JsonValueKind.String && pair.Value.GetString() != pair.Name)
                    .Select(static pair => pair.Value.GetString()!).ToFrozenSet(StringComparer.Ordinal)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private void Look()
    {
        if (root.Open(Name, mayWait: true, out OpenFile? file) is not Finding.File)
        {
            _names = null;
            _mark = default;
            return;
        }

        using (file)
        {
            if (file!.Mark == _mark || file.Mark.Size > LargestSize)
            {
                return;
            }

            try
            {
                if (file.ReadAll() is { } content)
                {
                    _names = Read(content);
                    _mark = file.Mark;
                }
            }
            catch (IOException)
            {
                // The former one is as good as any until the next look.
            }
        }
    }
}
