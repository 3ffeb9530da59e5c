using Hydra.Primitives;

namespace Hydra.Configuration;

/// <summary>Reads --pool: the name of a part of an application, its paths, how many workers it has, and options of its own.</summary>
internal static class Pools
{
    // What says which application it is, or is said of all of it.
    private static readonly string[] OfTheWhole = ["factory", "interface", "app-dir", "root-path", "lifespan", "state-memory", "state-eviction"];

    /// <summary>The parts with workers of their own; what they do not say of themselves is as for their application.</summary>
    /// <param name="draft">Everything that is bound so far.</param>
    /// <param name="applications">The applications.</param>
    /// <param name="errors">Told what is wrong, a sentence each.</param>
    public static IReadOnlyList<ApplicationOptions> Read(OptionsDraft draft, IReadOnlyList<ApplicationOptions> applications, List<string> errors)
    {
        List<ApplicationOptions> pools = [];
        foreach (OptionValue value in draft.Server.Pools)
        {
            List<string> problems = [];
            if (Read(draft, value, applications, problems) is { } pool)
            {
                if (pools.Exists(other => other.Pool == pool.Pool))
                {
                    problems.Add($"there are two pools called {pool.Pool}; several paths of one follow each other: {pool.Pool}:/a,/b=2.");
                }

                pools.Add(pool);
            }

            errors.AddRange(problems.Select(problem => $"{value.Source.Describe(OptionTable.Get("pool"))}: {problem}"));
        }

        return pools;
    }

    private static ApplicationOptions? Read(OptionsDraft draft, OptionValue value, IReadOnlyList<ApplicationOptions> applications, List<string> problems)
    {
        string text = value.Text.Trim();
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = colon > 0 ? text[..colon].Trim() : "";
        if (colon <= 0 || equals < colon || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            problems.Add($"\"{text}\" is not of the form NAME:PATH=WORKERS, such as slow:/export/*=2.");
            return null;
        }

        List<MountPlace> places = [];
        foreach (string written in text[(colon + 1)..equals].Split(','))
        {
            if (PriorityText.PlaceOf(written, out MountPlace place) is { } misplaced)
            {
                problems.Add(misplaced);
                return null;
            }

            places.Add(place);
        }

        ApplicationOptions?[] owners = [.. places.Select(place => OwnerOf(place, applications)).Distinct()];
        if (owners is not [{ } owner])
        {
            problems.Add(owners.Length > 1 ? "its paths belong to several applications: give each a pool." : $"no application takes {places[0]}.");
            return null;
        }

        if (places.Find(place => place.Equals(owner.Place) || (place.Path.Length == 0 && owner.Place.Host.Length == 0 && owner.Place.Path.Length == 0 && place.Host.Length == 0)) is { } whole)
        {
            problems.Add($"{whole} is all of {owner.App}: name the paths of a part.");
            return null;
        }

        return ReadOptions(draft, owner with { Pool = name, PoolPlaces = places }, OwnOptions.Split(text[(equals + 1)..]), value.Source, problems);
    }

    private static ApplicationOptions ReadOptions(OptionsDraft draft, ApplicationOptions pool, List<string> parts, OptionSource source, List<string> problems)
    {
        var own = new OptionsDraft(draft.Host) { Application = new ApplicationDraft(draft.Host) { Options = pool with { Workers = pool.Workers with { Maximum = null, IsAuto = false } }, IsNamed = true } };
        List<(Option Option, OptionValue Value)> given = [(OptionTable.Get("workers"), new OptionValue(parts[0].Trim(), source))];
        foreach (string part in parts.Skip(1))
        {
            if (OwnOptions.Read(part, "pool", source, problems) is { } option)
            {
                given.Add(option);
            }
        }

        problems.AddRange(given.Where(static one => OfTheWhole.Contains(one.Option.Name)).Select(static one => $"{one.Option.Name} is said of the application: a pool is a part of it."));
        OwnOptions.Bind(given, own, problems);
        return own.Application.Options;
    }

    private static ApplicationOptions? OwnerOf(MountPlace place, IReadOnlyList<ApplicationOptions> applications)
        => applications.Where(application => IsWithin(place, application.Place)).OrderBy(static application => application.Place, MountPlace.Order).FirstOrDefault();

    private static bool IsWithin(MountPlace place, MountPlace whole)
        => (whole.Host.Length == 0 || whole.Host == place.Host)
            && place.Path.StartsWith(whole.Path, StringComparison.Ordinal)
            && (whole.Path.Length == 0 || place.Path.Length == whole.Path.Length || place.Path[whole.Path.Length] == '/');
}
