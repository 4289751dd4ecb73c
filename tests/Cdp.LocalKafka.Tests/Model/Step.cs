namespace Cdp.LocalKafka.Tests.Model;

internal enum StepKind
{
    Init,

    /// <summary>InitProducerId with the id and epoch that the producer has (KIP-360).</summary>
    Bump,
    Add,

    /// <summary>Adds the partitions first if necessary, as clients do.</summary>
    Produce,

    /// <summary>Without adding the partitions, as faulty or delayed clients do.</summary>
    ProduceBlindly,
    AddOffsets,
    CommitOffset,
    CommitOffsetPlainly,
    Commit,
    Abort,

    /// <summary>Sends an earlier request again, with the same bytes.</summary>
    Retry,
    Wait,
    Crash,
}

/// <summary>What happens to the response of a step's request.</summary>
internal enum Delivery
{
    Delivered,
    Lost,

    /// <summary>The broker dies during the request: any part of its writes may be on disk.</summary>
    Torn,
}

/// <summary>One step of a scenario. It is valid in every state, so that a scenario stays valid when steps are removed from it.</summary>
/// <param name="Salt">The seed for everything else that the step chooses.</param>
internal sealed record Step(StepKind Kind, int Producer, Delivery Delivery, int Salt)
{
    private static readonly (StepKind Kind, int Weight)[] Weights =
    [
        (StepKind.Init, 8), (StepKind.Bump, 4), (StepKind.Add, 4), (StepKind.Produce, 34),
        (StepKind.ProduceBlindly, 3), (StepKind.AddOffsets, 3), (StepKind.CommitOffset, 8),
        (StepKind.CommitOffsetPlainly, 3), (StepKind.Commit, 10), (StepKind.Abort, 8), (StepKind.Retry, 8), (StepKind.Wait, 3), (StepKind.Crash, 4),
    ];

    /// <summary>A scenario with one producer reaches deep states; a scenario with all producers reaches many combinations.</summary>
    public static List<Step> Scenario(Random random)
    {
        var producers = Enumerable.Range(0, ModelProducers.Count).OrderBy(_ => random.Next()).Take(random.Next(1, ModelProducers.Count + 1)).ToArray();
        var length = random.Next(20, 60);
        // Every producer begins by getting an id, because most of the interesting states need one.
        var scenario = producers.Where(_ => random.Next(4) != 0).Select(who => new Step(StepKind.Init, who, Delivery.Delivered, random.Next())).ToList();
        while (scenario.Count < length)
        {
            var who = producers[random.Next(producers.Length)];
            var delivery = random.Next(10) switch { 0 => Delivery.Lost, 1 => Delivery.Torn, _ => Delivery.Delivered };
            scenario.Add(new Step(Choose(random), who, delivery, random.Next()));
            if (delivery != Delivery.Delivered && random.Next(3) != 0) scenario.Add(new Step(StepKind.Retry, who, Delivery.Delivered, 0));
        }
        return scenario;
    }

    private static StepKind Choose(Random random)
    {
        var at = random.Next(Weights.Sum(w => w.Weight));
        return Weights.First(w => (at -= w.Weight) < 0).Kind;
    }
}
