using System.Runtime.InteropServices;
using Hydra.State;

namespace Hydra.Topics;

/// <summary>Who waits for an answer.</summary>
/// <param name="Caller">The link that the call came on; null for nobody.</param>
/// <param name="Sequence">The call.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TopicAnswer(IStateCaller? Caller, uint Sequence);

/// <summary>Answers to calls that have waited. They are gathered under the hub's gate, and told outside of it.</summary>
internal sealed class TopicAnswers
{
    private List<(TopicAnswer To, StateResult Result)> _all = [];

    /// <summary>One more.</summary>
    public void Add(TopicAnswer to, in StateResult result)
    {
        if (to.Caller is not null)
        {
            _all.Add((to, result));
        }
    }

    /// <summary>Takes all of them; null where there are none. Under the gate.</summary>
    public List<(TopicAnswer To, StateResult Result)>? Take()
    {
        if (_all.Count == 0)
        {
            return null;
        }

        List<(TopicAnswer, StateResult)> all = _all;
        _all = [];
        return all;
    }

    /// <summary>Tells them. Not under the gate.</summary>
    public static void Tell(List<(TopicAnswer To, StateResult Result)>? answers)
    {
        if (answers is not null)
        {
            foreach ((TopicAnswer to, StateResult result) in answers)
            {
                to.Caller!.Reply(to.Sequence, result);
            }
        }
    }
}
