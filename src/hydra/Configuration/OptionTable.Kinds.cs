using Hydra.Primitives;

namespace Hydra.Configuration;

/// <content>The kinds of rows.</content>
internal static partial class OptionTable
{
    // A property: the table may be initialised before a field of this part.
    private static TimeSpan LongestTimeout => TimeSpan.FromHours(24);

    private static OptionBinder Text(Func<HydraOptions, string, HydraOptions> set) => (draft, value) =>
    {
        draft.Options = set(draft.Options, value.Text);
        return null;
    };

    private static OptionBinder Switch(Func<HydraOptions, bool, HydraOptions> set) => (draft, value) =>
    {
        string? problem = ValueReader.Boolean(value.Text, out bool isOn);
        draft.Options = set(draft.Options, isOn);
        return problem;
    };

    private static OptionBinder Integer(int minimum, int maximum, Func<HydraOptions, int, HydraOptions> set) => (draft, value) =>
    {
        string? problem = ValueReader.Integer(value.Text, minimum, maximum, out int number);
        draft.Options = set(draft.Options, number);
        return problem;
    };

    private static OptionBinder IntegerOrAuto(int maximum, Func<OptionsDraft, int?, HydraOptions> set) => (draft, value) =>
    {
        string? problem = ValueReader.IntegerOrAuto(value.Text, 1, maximum, out int? number);
        draft.Options = set(draft, number);
        return problem;
    };

    private static OptionBinder Duration(TimeSpan minimum, Func<HydraOptions, TimeSpan, HydraOptions> set)
        => Duration(minimum, LongestTimeout, set);

    private static OptionBinder Duration(TimeSpan minimum, TimeSpan maximum, Func<HydraOptions, TimeSpan, HydraOptions> set)
        => (draft, value) =>
    {
        string? problem = ValueReader.Duration(value.Text, minimum, maximum, out TimeSpan duration);
        draft.Options = set(draft.Options, duration);
        return problem;
    };

    private static OptionBinder Size(long minimum, long maximum, Func<HydraOptions, long, HydraOptions> set) => (draft, value) =>
    {
        string? problem = ValueReader.Size(value.Text, minimum, maximum, out long bytes);
        draft.Options = set(draft.Options, bytes);
        return problem;
    };

    private static OptionBinder Choice<T>(IReadOnlyList<(string Name, T Value)> choices, Func<HydraOptions, T, HydraOptions> set)
        => (draft, value) =>
        {
            string? problem = ValueReader.Choice(value.Text, choices, out T chosen);
            draft.Options = set(draft.Options, chosen);
            return problem;
        };

    private static OptionBinder Address(Action<AddressDraft, OptionValue> set) => (draft, value) =>
    {
        set(draft.Addresses, value);
        return null;
    };

    private static string? BindApp(OptionsDraft draft, OptionValue value)
    {
        string? problem = AppReference.Read(value.Text, out string app, out bool isFactory);
        draft.Options = draft.Options with { App = app, Factory = draft.Options.Factory || isFactory };
        return problem;
    }

    // What has a colon names an adapter in a module, which only the worker can find.
    private static string? BindInterface(OptionsDraft draft, OptionValue value)
    {
        string text = value.Text.Trim();
        string? problem = null;
        if (!text.Contains(':', StringComparison.Ordinal))
        {
            problem = ValueReader.Choice(text, OptionNames.Interfaces, out text);
        }
        else if (text.StartsWith(':') || text.EndsWith(':') || ControlText.IndexOfDangerous(text) >= 0)
        {
            problem = $"\"{text}\" is not a module and an adapter in it; write package.module:Adapter.";
        }

        draft.Options = draft.Options with { Interface = text };
        return problem;
    }

    private static string? BindRootPath(OptionsDraft draft, OptionValue value)
    {
        string? problem = ValueReader.RootPath(value.Text, out string path);
        draft.Options = draft.Options with { RootPath = path };
        return problem;
    }

    // N, auto, or MIN:MAX, where MAX may be auto.
    private static string? BindWorkers(OptionsDraft draft, OptionValue value)
    {
        int processors = Math.Clamp(draft.Host.Processors, 1, MaximumWorkers);
        int colon = value.Text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            string? problem = ValueReader.IntegerOrAuto(value.Text, 1, MaximumWorkers, out int? number);
            draft.Options = draft.Options with { Workers = number ?? processors, WorkersAuto = number is null, MaxWorkers = null };
            return problem is null ? null
                : $"\"{value.Text}\" is neither a whole number from 1 to {MaximumWorkers}, nor \"auto\", nor a range such as 1:4.";
        }

        if (ValueReader.Integer(value.Text[..colon], 1, MaximumWorkers, out int minimum) is not null
            || ValueReader.IntegerOrAuto(value.Text[(colon + 1)..], 1, MaximumWorkers, out int? maximum) is not null)
        {
            return $"\"{value.Text}\" is not a range MIN:MAX of whole numbers from 1 to {MaximumWorkers}; MAX may be \"auto\".";
        }

        // On a machine with fewer processors than MIN, auto means that the number stays.
        int most = maximum ?? Math.Max(processors, minimum);
        draft.Options = draft.Options with { Workers = minimum, WorkersAuto = false, MaxWorkers = most };
        return most >= minimum ? null : $"\"{value.Text}\" is no range: {minimum} is more than {most}.";
    }

    private static string? BindMetrics(OptionsDraft draft, OptionValue value)
    {
        string? problem = AddressRules.ReadBind(value.Text, out BindAddress address);
        draft.Options = draft.Options with { Metrics = address };
        return problem;
    }

    private static string? BindWorkerTransport(OptionsDraft draft, OptionValue value)
    {
        string? problem = ValueReader.Choice(value.Text, OptionNames.WorkerTransports, out WorkerTransport transport);
        draft.Options = draft.Options with { WorkerTransport = transport };
        return problem is null && transport == WorkerTransport.Uds && draft.Host.IsWindows
            ? "Python has no Unix sockets on Windows; use \"tcp\"."
            : problem;
    }

    // NO_COLOR means "no" whatever it says: https://no-color.org
    private static string? BindColors(OptionsDraft draft, OptionValue value)
    {
        if (value.Source.Rank == SourceRank.SharedVariable)
        {
            draft.Options = draft.Options with { UseColors = false };
            return null;
        }

        string? problem = ValueReader.Boolean(value.Text, out bool useColors);
        draft.Options = draft.Options with { UseColors = useColors };
        return problem;
    }
}
