using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Groups.StateMachine;

/// <summary>
/// The part of a consumer's subscription that the broker reads. It is the start of Kafka's ConsumerProtocolSubscription, which is the same in all versions.
/// </summary>
internal static class ConsumerProtocol
{
    public const string Type = "consumer";

    /// <summary>Returns the topics of a subscription, or null if the bytes are not a subscription.</summary>
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
