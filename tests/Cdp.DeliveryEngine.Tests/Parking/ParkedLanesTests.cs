using Cdp.DeliveryEngine.Parking;
using CsCheck;

namespace Cdp.DeliveryEngine.Tests.Parking;

public sealed class ParkedLanesTests
{
    private static readonly DateTime Noon = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void DueLanes_FirstItemNotDue_HoldsBackItsLaneOnly()
    {
        var lanes = new ParkedLanes();
        lanes.Add("a", Item(0, dueIn: 10));
        lanes.Add("a", Item(1, dueIn: 0));
        lanes.Add("b", Item(2, dueIn: 0));
        Assert.Equal(["b"], lanes.DueLanes(Noon));
        Assert.Equal(["b", "a"], lanes.DueLanes(Noon.AddSeconds(10)));
    }

    [Fact]
    public void Remove_FirstItem_MakesTheNextOneTheHead()
    {
        var lanes = new ParkedLanes();
        lanes.Add("a", Item(0, dueIn: 0));
        lanes.Add("a", Item(1, dueIn: 5));
        lanes.Remove("a", 0);
        Assert.Empty(lanes.DueLanes(Noon));
        Assert.Equal([1L], lanes.Head("a", 10).Select(item => item.Sequence));
        lanes.Remove("a", 1);
        Assert.False(lanes.Contains("a"));
        Assert.Equal((0, 0, 0L), (lanes.Count, lanes.LaneCount, lanes.NextSequence));
    }

    /// <summary>Random additions, removals of heads and postponements, compared with plain lists.</summary>
    [Fact]
    public void AnyOperations_AgreeWithAModel() => Gen.Int[0, 2].Select(Gen.Int[0, 4], Gen.Int[0, 9]).List[0, 200].Sample(operations =>
    {
        var (lanes, model) = (new ParkedLanes(), new Dictionary<string, List<ParkedItem>>());
        foreach (var (kind, number, due) in operations)
        {
            var lane = $"lane{number}";
            if (kind == 0)
            {
                var item = Item(lanes.NextSequence, due);
                lanes.Add(lane, item);
                (model.TryGetValue(lane, out var items) ? items : model[lane] = []).Add(item);
            }
            else if (model.TryGetValue(lane, out var items) && kind == 1)
            {
                lanes.Remove(lane, items[0].Sequence);
                items.RemoveAt(0);
                if (items.Count == 0) model.Remove(lane);
            }
            else if (items is not null)
            {
                items[0] = items[0] with { DueAt = Noon.AddSeconds(due), Attempts = items[0].Attempts + 1 };
                lanes.Replace(lane, items[0]);
            }
        }
        var now = Noon.AddSeconds(4);
        var expected = model.Where(lane => lane.Value[0].DueAt <= now).OrderBy(lane => lane.Value[0].DueAt).ThenBy(lane => lane.Key, StringComparer.Ordinal);
        Assert.Equal(expected.Select(lane => lane.Key), lanes.DueLanes(now));
        Assert.Equal(model.Sum(lane => lane.Value.Count), lanes.Count);
        Assert.All(model, lane => Assert.Equal(lane.Value, lanes.Head(lane.Key, int.MaxValue)));
        Assert.Equal(model.Count == 0 ? null : model.Values.Min(items => items[0].DueAt), lanes.NextDueAt);
    });

    private static ParkedItem Item(long sequence, int dueIn) => new(sequence, 100 + sequence, 1, Noon, Noon.AddSeconds(dueIn));
}
