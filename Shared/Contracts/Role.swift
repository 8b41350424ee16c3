/// Who can do a task. Any number of replicas may serve one role.
public enum Role: String, Codable, Sendable, CaseIterable, Hashable {
    case extract, load, transform, quality
}
