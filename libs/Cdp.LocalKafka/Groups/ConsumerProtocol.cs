using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Groups;

/// <summary>What consumers tell their assignor, as far as a broker reads it: Kafka's ConsumerProtocolSubscription, all versions of which begin alike.</summary>
internal static class ConsumerProtocol
{
    public const string Type = "consumer";

    /// <summary>The topics of a subscription; null if the bytes are none.</summary>
    public static IReadOnlyList<string>? Topics(byte[] subscription)
    {
        try
        {
            return Versioned.Read<Subscription>(subscription, firstFlexible: short.MaxValue).Topics;
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    private sealed class Subscription : IWireFields
    {
        public List<string>? Topics;

        public void Describe(Wire w) => w.Strings(ref Topics);
    }
}
